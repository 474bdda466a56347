import { useEffect, useMemo, useState } from "preact/hooks";

import { formatBytes, formatNumber, t, type MessageKey } from "../../i18n";
import { useShortcut } from "../../keyboard";
import { Button, Field, Icon, ProblemNote, Spinner } from "../../ui";
import { Chart, type Series } from "./chart";
import { Facts } from "./facts";
import { failureRate, findBusiest, quantile, rate, type Point } from "./points";
import { failure, latest, points, startSampling } from "./sampler";
import "./look.css";

const WINDOWS = [300, 900, 3600];
const MAX_OPERATIONS = 5;

/** Charts of what the service does at present. */
export default function Look() {
  const [seconds, setSeconds] = useState(300);
  const [operation, setOperation] = useState("");
  const [asTable, setAsTable] = useState(false);
  const [kept, setKept] = useState<readonly Point[] | null>(null);
  useEffect(startSampling, []);
  const all = kept ?? points.value;
  const isPaused = kept !== null;
  const pause = () => setKept(isPaused ? null : points.value);
  useShortcut("p", isPaused ? "look.resume" : "look.pause", pause);
  useShortcut("t", asTable ? "look.as_charts" : "look.as_numbers", () => setAsTable(!asTable));
  const end = all[all.length - 1]?.time ?? 0;
  const shown = useMemo(() => all.filter(({ time }) => time >= end - seconds), [all, end, seconds]);
  const operations = useMemo(() => findBusiest(all, 100), [all]);
  return (
    <div class="page look">
      <div class="row wrap">
        <h1>{t("look.title")}</h1>
        <span class="push row wrap">
          <Button icon="list" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {t("look.as_numbers")}
          </Button>
          <Button icon={isPaused ? "play" : "pause"} aria-pressed={isPaused} onClick={pause}>
            {isPaused ? t("look.resume") : t("look.pause")}
          </Button>
        </span>
      </div>
      {failure.value !== null && <ProblemNote error={failure.value} />}
      {latest.value === null ? failure.value === null && <Spinner /> : <Facts statistics={latest.value} />}
      <div class="choices">
        <Field kind="select" label={t("look.window")} value={String(seconds)} onValue={value => setSeconds(Number(value))}>
          {WINDOWS.map(one => (
            <option key={one} value={String(one)}>
              {t("look.minutes", { count: one / 60 })}
            </option>
          ))}
        </Field>
        <Field kind="select" label={t("look.operation")} value={operation} onValue={setOperation}>
          <option value="">{t("look.operation.all")}</option>
          {operations.map(one => (
            <option key={one} value={one}>
              {nameOf(one)}
            </option>
          ))}
        </Field>
      </div>
      {isPaused && (
        <div class="note warn" role="status">
          <Icon name="pause" />
          <div class="text">{t("look.paused")}</div>
        </div>
      )}
      {shown.length === 0 ? (
        <div class="note" role="status">
          <Icon name="info" />
          <div class="text">{t("look.beginning")}</div>
        </div>
      ) : (
        <Charts points={shown} range={[begin(shown, seconds), end]} operation={operation} asTable={asTable} />
      )}
    </div>
  );
}

/** Where charts begin: with the window or, as long as less has been measured, with the first figures, or a minute before now. */
function begin(shown: readonly Point[], seconds: number): number {
  const [first, last] = [shown[0]?.time ?? 0, shown[shown.length - 1]?.time ?? 0];
  return Math.max(last - seconds, Math.min(first, last - 60));
}

interface ChartsProps {
  points: readonly Point[];
  range: [number, number];
  /** The operation that requests and durations are shown of; "": all. */
  operation: string;
  asTable: boolean;
}

function Charts({ points: shown, range, operation, asTable }: ChartsProps) {
  const times = useMemo(() => shown.map(({ time }) => time), [shown]);
  const charts = useMemo(() => describe(shown, operation), [shown, operation]);
  return (
    <div class="charts">
      {charts.map(({ title, hint, ...chart }) => (
        <Chart
          key={title}
          title={t(title)}
          {...(hint !== undefined && { hint: t(hint) })}
          {...chart}
          {...{ times, range, asTable }}
          timeTitle={t("look.time")}
        />
      ))}
    </div>
  );
}

interface Described {
  title: MessageKey;
  hint?: MessageKey;
  series: Series[];
  format: (value: number) => string;
}

function describe(shown: readonly Point[], operation: string): Described[] {
  const perSecond = (value: number) => formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
  const one = (title: MessageKey, label: MessageKey, format: Described["format"], get: (point: Point) => number | null) => ({
    title,
    series: [{ label: t(label), values: shown.map(get) }],
    format,
  });
  const names = operation === "" ? findBusiest(shown, MAX_OPERATIONS) : [operation];
  const share = (title: MessageKey, part: number) => ({
    label: t(title),
    values: shown.map(point => quantile(point, part, operation || undefined)),
  });
  const memory = one("look.memory", "look.memory.used", formatBytes, ({ memory: used }) => used);
  return [
    {
      title: "look.requests",
      hint: "look.requests.hint",
      series:
        operation === ""
          ? [
              { label: t("look.requests.all"), values: shown.map(point => rate(point)) },
              ...names.map(name => ({ label: nameOf(name), values: shown.map(point => rate(point, name)) })),
            ]
          : names.map(name => ({ label: nameOf(name), values: shown.map(point => rate(point, name)) })),
      format: perSecond,
    },
    {
      title: "look.latency",
      ...(operation === "" && { hint: "look.latency.hint" as const }),
      series: [share("look.latency.half", 0.5), share("look.latency.most", 0.95), share("look.latency.nearly_all", 0.99)],
      format: formatDuration,
    },
    one("look.changes", "look.changes.rate", perSecond, ({ changes }) => changes),
    one(
      "look.pairs",
      "look.pairs.stored",
      value => formatNumber(value, { maximumFractionDigits: 0 }),
      ({ pairs }) => pairs,
    ),
    {
      ...memory,
      series: [...memory.series, { label: t("look.memory.limit"), values: shown.map(({ memoryLimit }) => memoryLimit) }],
    },
    {
      title: "look.load",
      series: [
        { label: t("look.load.under_way"), values: shown.map(({ underWay }) => underWay) },
        { label: t("look.load.watches"), values: shown.map(({ watches }) => watches) },
        { label: t("look.load.cores"), values: shown.map(({ cores }) => cores) },
        { label: t("look.load.failures"), values: shown.map(failureRate) },
      ],
      format: value => formatNumber(value, { maximumFractionDigits: 1 }),
    },
  ];
}

/** Returns what an operation is called on the page. */
function nameOf(operation: string): string {
  return operation === "" ? t("look.operation.none") : operation;
}

function formatDuration(seconds: number): string {
  const isShort = seconds < 1;
  return formatNumber(isShort ? seconds * 1000 : seconds, {
    style: "unit",
    unit: isShort ? "millisecond" : "second",
    unitDisplay: "short",
    maximumFractionDigits: isShort && seconds >= 0.01 ? 0 : 2,
  });
}
