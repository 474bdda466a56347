import { measureNamespace, type Namespace } from "../../api/namespaces";
import { useRead } from "../../api/use-read";
import { formatBytes, formatDuration, formatNumber, formatTime, t } from "../../i18n";
import { useRefresh } from "../../live/refresh";
import { href, toNamespace } from "../../router";
import { useSession } from "../../session";

const REFRESH_MILLISECONDS = 10_000;

/** A namespace: its size beside its limits, and what its settings do to its pairs. */
export function NamespaceCard({ namespace }: { namespace: Namespace }) {
  const { name, description, quota_pairs, quota_bytes, default_ttl, history_kept, created_at } = namespace;
  const { can } = useSession();
  const isWhole = can("read", name);
  const { value: size, reload } = useRead(
    async signal => (isWhole ? await measureNamespace(name, signal) : null),
    [name, isWhole],
  );
  useRefresh(reload, REFRESH_MILLISECONDS);
  return (
    <a class="card namespace-card" href={href(toNamespace(name))}>
      <span class="row">
        <strong class="foreign one-line">{name}</strong>
        {!isWhole && <span class="badge">{t("overview.some_keys")}</span>}
        {isWhole && !can("write", name) && <span class="badge">{t("overview.read_only")}</span>}
      </span>
      {description !== "" && <span class="soft small foreign one-line">{description}</span>}
      <span class="figures">
        <Figure value={size ? formatNumber(size.pairs) : "–"} label={t("overview.pairs", { count: size?.pairs ?? 0 })} />
        <span class="soft">{size ? formatBytes(size.bytes) : ""}</span>
        <span class="faint small push">{size ? t("overview.revision", { revision: size.revision }) : ""}</span>
      </span>
      {size && quota_pairs !== null && (
        <Quota
          used={size.pairs}
          quota={quota_pairs}
          text={t("overview.of_quota", { used: formatNumber(size.pairs), quota: formatNumber(quota_pairs) })}
        />
      )}
      {size && quota_bytes !== null && (
        <Quota
          used={size.bytes}
          quota={quota_bytes}
          text={t("overview.of_quota", { used: formatBytes(size.bytes), quota: formatBytes(quota_bytes) })}
        />
      )}
      <span class="row wrap small faint">
        <span>{t("overview.created", { when: formatTime(created_at, { dateStyle: "medium" }) })}</span>
        {default_ttl !== null && <span>{t("overview.ttl", { time: formatDuration(default_ttl) })}</span>}
        {history_kept > 0 && <span>{t("overview.history", { count: history_kept })}</span>}
      </span>
    </a>
  );
}

function Figure({ value, label }: { value: string; label: string }) {
  // The label has the number in it, in the grammar of the language: the part behind it is shown smaller.
  const rest = label.replace(/^[\d\s.,\u00a0\u202f]+/, "");
  return (
    <span class="figure">
      <b>{value}</b> <span class="soft">{rest}</span>
    </span>
  );
}

function Quota({ used, quota, text }: { used: number; quota: number; text: string }) {
  const share = quota === 0 ? 1 : Math.min(1, used / quota);
  return (
    <span class="quota">
      <span class={share > 0.9 ? "meter warn" : "meter"}>
        <div style={{ width: `${100 * share}%` }} />
      </span>
      <span class="small soft">{text}</span>
    </span>
  );
}
