import { useEffect, useState } from "preact/hooks";

import type { StoredPair } from "../../api/pairs";
import { formatBytes, formatTime, t } from "../../i18n";
import { Button } from "../../ui";

/** What is known about a pair beside its value; its expiry counts down. */
export function PairFacts({ pair, onExpiry }: { pair: StoredPair; onExpiry: (() => void) | undefined }) {
  return (
    <dl class="facts">
      <Fact name={t("pair.size")} value={formatBytes(pair.size)} />
      <Fact name={t("pair.type")} value={pair.content.kind === "json" ? "JSON" : pair.content.mediaType} />
      <Fact name={t("pair.revision")} value={String(pair.revision)} />
      <Fact name={t("pair.version")} value={String(pair.version)} />
      <Fact name={t("pair.created")} value={String(pair.created_revision)} />
      <div>
        <dt>{t("pair.expires")}</dt>
        <dd>
          {pair.expires_at === null ? t("pair.never") : <Countdown moment={pair.expires_at} />}
          {onExpiry !== undefined && (
            <Button size="small" kind="quiet" icon="edit" label={t("pair.expiry.change")} onClick={onExpiry} />
          )}
        </dd>
      </div>
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="foreign">{value}</dd>
    </div>
  );
}

function Countdown({ moment }: { moment: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, Math.ceil((new Date(moment).getTime() - now) / 1000));
  return (
    <time dateTime={moment} title={formatTime(moment, { dateStyle: "medium", timeStyle: "medium" })}>
      {left === 0 ? t("pair.expiring") : formatDuration(left)}
    </time>
  );
}

/** A number of seconds as a clock has it, with the days in front: 2 d 03:04:05. */
function formatDuration(seconds: number): string {
  const pad = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const clock = `${pad((seconds % 86400) / 3600)}:${pad((seconds % 3600) / 60)}:${pad(seconds % 60)}`;
  return days > 0 ? t("pair.days", { days, clock }) : clock;
}
