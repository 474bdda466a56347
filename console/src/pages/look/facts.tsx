import type { ServiceStatistics } from "../../api/statistics";
import { formatBytes, formatNumber, t } from "../../i18n";

/** The present state in figures. */
export function Facts({ statistics: { store, workers, instances } }: { statistics: ServiceStatistics }) {
  const leader = instances.find(({ role }) => role === "leader");
  const used = leader?.memory_used_bytes ?? null;
  const limit = leader?.memory_limit_bytes ?? null;
  const share = used !== null && limit !== null && limit > 0 ? used / limit : null;
  const facts: [string, string, string][] = [
    [t("look.fact.pairs"), show(store?.pairs), t("look.fact.namespaces", { count: store?.namespaces ?? 0 })],
    [t("look.fact.data"), store === null ? "–" : formatBytes(store.pairs_bytes), t("look.fact.data.hint")],
    [
      t("look.fact.memory"),
      share === null ? "–" : formatNumber(share, { style: "percent", maximumFractionDigits: 1 }),
      limit === null ? "" : t("look.fact.memory.hint", { limit: formatBytes(limit) }),
    ],
    [
      t("look.fact.disk"),
      leader?.disk_free_bytes == null ? "–" : formatBytes(leader.disk_free_bytes),
      leader?.disk_size_bytes == null ? "" : t("look.fact.disk.hint", { size: formatBytes(leader.disk_size_bytes) }),
    ],
    [t("look.fact.workers"), formatNumber(workers), t("look.fact.instances", { count: instances.length })],
  ];
  return (
    <>
      <dl class="facts card">
        {facts.map(([name, value, hint]) => (
          <div key={name}>
            <dt class="small soft">{name}</dt>
            <dd>
              <b>{value}</b>
              <span class="small soft">{hint}</span>
            </dd>
          </div>
        ))}
      </dl>
      {instances.length > 1 && (
        <ul class="row wrap">
          {instances.map(({ address, role }) => (
            <li key={address} class={`badge ${{ leader: "accent", replica: "good", unreachable: "bad" }[role]}`}>
              <span class="mono">{address}</span> {t(`look.role.${role}`)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function show(value: number | undefined): string {
  return value === undefined ? "–" : formatNumber(value);
}
