import { measureNamespace, type Statistics } from "../../api/namespaces";
import { useRead } from "../../api/use-read";
import { formatBytes, formatDuration, formatNumber, t } from "../../i18n";
import { useRefresh } from "../../live/refresh";
import { namespaces } from "../../shell/namespaces";
import { useSession } from "../../session";

const REFRESH_MILLISECONDS = 5_000;

/** Returns what a namespace holds; undefined until it is known, null for users who may not read all of it. */
export function useSize(namespace: string): Statistics | null | undefined {
  const { can } = useSession();
  const isWhole = can("read", namespace);
  const { value, reload } = useRead(
    async signal => (isWhole ? await measureNamespace(namespace, signal) : null),
    [namespace, isWhole],
  );
  useRefresh(reload, REFRESH_MILLISECONDS);
  return value;
}

/** How much a namespace holds, beside its limits and settings. */
export function Facts({ namespace, size }: { namespace: string; size: Statistics | null | undefined }) {
  const settings = namespaces.value?.find(({ name }) => name === namespace);
  return (
    <span class="facts row wrap small soft">
      {size && (
        <>
          <span>{t("browse.pairs", { count: size.pairs })}</span>
          <span>{formatBytes(size.bytes)}</span>
          <span>{t("overview.revision", { revision: String(size.revision) })}</span>
        </>
      )}
      {settings && settings.quota_pairs !== null && (
        <span class="badge">{t("browse.quota_pairs", { quota: formatNumber(settings.quota_pairs) })}</span>
      )}
      {settings && settings.quota_bytes !== null && (
        <span class="badge">{t("browse.quota_bytes", { quota: formatBytes(settings.quota_bytes) })}</span>
      )}
      {settings && settings.default_ttl !== null && (
        <span class="badge">{t("overview.ttl", { time: formatDuration(settings.default_ttl) })}</span>
      )}
      {settings && settings.history_kept > 0 && (
        <span class="badge">{t("overview.history", { count: settings.history_kept })}</span>
      )}
    </span>
  );
}
