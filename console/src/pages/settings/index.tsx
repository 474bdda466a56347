import { useState } from "preact/hooks";

import type { PageProps } from "..";
import { changeSettings, readNamespace } from "../../api/namespaces";
import { useRead } from "../../api/use-read";
import { formatTime, t } from "../../i18n";
import { href } from "../../router";
import { useSession } from "../../session";
import { readNamespaces } from "../../shell/namespaces";
import { announce, Button, Icon, ProblemNote, Spinner } from "../../ui";
import { Form } from "../../ui/form";
import { Facts, useSize } from "../browse/facts";
import { DeleteNamespace } from "./delete";
import { keyOf, parseSettings, settingEntries } from "./entries";
import "./settings.css";

/** What holds for a namespace, and its end. */
export default function SettingsPage({ params }: PageProps) {
  const namespace = params["namespace"] ?? "";
  return <SettingsOf key={namespace} namespace={namespace} />;
}

function SettingsOf({ namespace }: { namespace: string }) {
  const { isAdministrator } = useSession();
  const { value, error, reload } = useRead(signal => readNamespace(namespace, signal), [namespace]);
  const size = useSize(namespace);
  const [isDeleting, setDeleting] = useState(false);
  const isDefault = namespace === "default";
  return (
    <div class="page settings">
      <div class="row wrap">
        <h1 class="foreign">{t("namespace.of", { name: namespace })}</h1>
        <Facts namespace={namespace} size={size} />
        {isAdministrator && (
          <a class="button push" href={href(`/-/administer/access?namespace=${encodeURIComponent(namespace)}`)}>
            <Icon name="question" />
            {t("namespace.access")}
          </a>
        )}
      </div>
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {value === undefined ? (
        error === null && <Spinner />
      ) : (
        <>
          <section class="card" aria-labelledby="settings-form">
            <div class="head">
              <h2 id="settings-form">{t("namespace.settings")}</h2>
              <span class="push small faint">
                {t("overview.created", { when: formatTime(value.created_at, { dateStyle: "medium" }) })}
              </span>
            </div>
            <div class="body">
              <Form
                key={keyOf(value)}
                action={t("namespace.save")}
                entries={() => settingEntries(value)}
                submit={async values => {
                  await changeSettings(value, parseSettings(values));
                  announce(t("namespace.saved"));
                  reload();
                  await readNamespaces();
                }}
              />
            </div>
          </section>
          <section class="card" aria-labelledby="settings-end">
            <div class="head">
              <h2 id="settings-end">{t("namespace.end")}</h2>
            </div>
            <div class="body row wrap">
              <p class="soft">{t(isDefault ? "namespace.end.default" : "namespace.end.text")}</p>
              {!isDefault && (
                <Button class="push" kind="danger" icon="trash" onClick={() => setDeleting(true)}>
                  {t("namespace.delete")}
                </Button>
              )}
            </div>
          </section>
        </>
      )}
      {isDeleting && <DeleteNamespace name={namespace} onClose={() => setDeleting(false)} />}
    </div>
  );
}
