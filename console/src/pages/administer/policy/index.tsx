import { changePolicy, readPolicy } from "../../../api/policy";
import { useRead } from "../../../api/use-read";
import { t } from "../../../i18n";
import { configuration } from "../../../session/configuration";
import { announce, Button, confirm, Icon, ProblemNote, Spinner } from "../../../ui";
import "../administer.css";

/** What administrators decide for everybody. */
export default function PolicyPage() {
  const { value: policy, error, reload } = useRead(readPolicy, []);
  const change = async (isNeeded: boolean) => {
    const way = isNeeded ? "require" : "release";
    const isDone = await confirm({
      title: t(`policy.${way}.title`),
      text: t(`policy.${way}.text`),
      action: t(`policy.${way}`),
      danger: true,
      run: () => changePolicy(isNeeded),
    });
    if (isDone) {
      announce(t("policy.changed"));
      reload();
    }
  };
  return (
    <div class="page administer">
      <h1>{t("policy.title")}</h1>
      <p class="soft">{t("policy.text")}</p>
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {policy === undefined
        ? error === null && <Spinner />
        : error === null && (
            <section class="card" aria-labelledby="policy-factor">
              <div class="head">
                <h2 id="policy-factor">{t("policy.factor")}</h2>
                <span class={`badge ${policy.isNeeded ? "good" : ""}`}>
                  {t(policy.isNeeded ? "policy.factor.on" : "policy.factor.off")}
                </span>
              </div>
              <div class="body stack">
                <p class="soft">{t("policy.factor.text")}</p>
                <p>
                  {t("policy.own")}{" "}
                  <span class={`badge ${policy.own > 0 ? "good" : "warn"}`}>
                    {policy.own > 0 ? t("policy.own.has", { count: policy.own }) : t("policy.own.none")}
                  </span>
                </p>
                {!policy.isNeeded && (
                  <div class="note warn">
                    <Icon name="warning" />
                    <div class="text">{t(policy.own > 0 ? "policy.own.hint" : "policy.own.warning")}</div>
                  </div>
                )}
                <div class="row wrap">
                  <Button icon="lock" kind="danger" onClick={() => void change(!policy.isNeeded)}>
                    {t(policy.isNeeded ? "policy.release" : "policy.require")}
                  </Button>
                  <a class="button" href={`${configuration().authorization}/account`} target="_blank" rel="noreferrer">
                    <Icon name="external" />
                    {t("policy.account")}
                  </a>
                </div>
              </div>
            </section>
          )}
    </div>
  );
}
