import { listKeys, rotateKey } from "../../../api/audit";
import { useRead } from "../../../api/use-read";
import { formatTime, t } from "../../../i18n";
import { announce, Button, confirm, EmptyState, ProblemNote, Spinner, Table } from "../../../ui";
import "../administer.css";

const COLOURS = { waiting: "warn", signing: "good", retired: "", expired: "bad" } as const;

/** The keys that access tokens are signed with. */
export default function Keys() {
  const { value, error, reload } = useRead(listKeys, []);
  const rotate = async (compromised: boolean) => {
    const isDone = await confirm({
      title: t(compromised ? "keys.compromised.title" : "keys.rotate.title"),
      text: t(compromised ? "keys.compromised.text" : "keys.rotate.text"),
      action: t(compromised ? "keys.compromised" : "keys.rotate"),
      danger: compromised,
      run: () => rotateKey(compromised),
    });
    if (isDone) {
      announce(t("keys.rotated"));
      reload();
    }
  };
  return (
    <div class="page administer">
      <div class="row wrap">
        <h1>{t("keys.title")}</h1>
        <span class="push row wrap">
          <Button icon="refresh" onClick={() => void rotate(false)}>
            {t("keys.rotate")}
          </Button>
          <Button kind="danger" icon="warning" onClick={() => void rotate(true)}>
            {t("keys.compromised")}
          </Button>
        </span>
      </div>
      <p class="soft">{t("keys.text")}</p>
      <div class="card">
        {error !== null && <ProblemNote error={error} onRetry={reload} />}
        {value === undefined ? (
          error === null && <Spinner />
        ) : value.length === 0 ? (
          <EmptyState icon="key" title={t("keys.none")} />
        ) : (
          <Table
            label={t("keys.title")}
            rows={value}
            keyOf={key => key.key_id}
            columns={[
              { title: t("keys.id"), cell: key => <code class="foreign">{key.key_id}</code> },
              {
                title: t("keys.state"),
                cell: ({ state }) => (
                  <span class="two-lines">
                    <span>
                      <span class={`badge ${COLOURS[state]}`}>{t(`keys.state.${state}`)}</span>
                    </span>
                    <span class="small soft">{t(`keys.state.${state}.text`)}</span>
                  </span>
                ),
              },
              { title: t("keys.from"), cell: key => formatTime(key.signs_from) },
              { title: t("keys.until"), cell: key => (key.published_until === null ? "–" : formatTime(key.published_until)) },
            ]}
          />
        )}
      </div>
    </div>
  );
}
