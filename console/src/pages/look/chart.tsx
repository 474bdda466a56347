import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { formatTime } from "../../i18n";
import { isDark } from "../../theme";
import { Table } from "../../ui";

export interface Series {
  label: string;
  values: (number | null)[];
}

interface Props {
  title: string;
  hint?: string;
  /** Seconds since 1970. */
  times: number[];
  /** The first and the last second that are shown. */
  range: [number, number];
  series: Series[];
  format: (value: number) => string;
  /** Whether to show numbers instead of lines. */
  asTable: boolean;
  timeTitle: string;
}

const HEIGHT = 190;
const ROWS = 30;

/** Lines over time, with the present values, or those under the pointer, beside their names. */
export function Chart({ title, hint, times, range, series, format, asTable, timeTitle }: Props) {
  const [pointed, setPointed] = useState<number | null>(null);
  const at = pointed !== null && pointed < times.length ? pointed : times.length - 1;
  return (
    <section class="card chart" aria-label={title}>
      <div class="head">
        <h2>{title}</h2>
        {hint !== undefined && <span class="small soft">{hint}</span>}
        {pointed !== null && times[at] !== undefined && (
          <span class="push small mono soft">{formatTime(times[at] * 1000, { timeStyle: "medium" })}</span>
        )}
      </div>
      <ul class="legend">
        {series.map(({ label, values }, number) => {
          const value = values[at];
          return (
            <li key={label}>
              <span class={`swatch series-${number + 1}`} />
              <span class="name">{label}</span>
              <b>{value === null || value === undefined ? "–" : format(value)}</b>
            </li>
          );
        })}
      </ul>
      {asTable ? (
        <Numbers title={title} timeTitle={timeTitle} times={times} series={series} format={format} />
      ) : (
        <Lines key={String(isDark.value)} {...{ times, range, series, format }} onPoint={setPointed} />
      )}
    </section>
  );
}

function Numbers({
  title,
  timeTitle,
  times,
  series,
  format,
}: Pick<Props, "title" | "timeTitle" | "times" | "series" | "format">) {
  const rows = times
    .map((_, at) => at)
    .slice(-ROWS)
    .reverse();
  return (
    <div class="numbers">
      <Table
        label={`${title}: ${timeTitle}`}
        rows={rows}
        keyOf={at => at}
        columns={[
          { title: timeTitle, class: "mono", cell: at => formatTime((times[at] ?? 0) * 1000, { timeStyle: "medium" }) },
          ...series.map(({ label, values }) => ({
            title: label,
            class: "number",
            cell: (at: number) => {
              const value = values[at];
              return value === null || value === undefined ? "–" : format(value);
            },
          })),
        ]}
      />
    </div>
  );
}

type LinesProps = Pick<Props, "times" | "range" | "series" | "format"> & { onPoint: (at: number | null) => void };

function Lines({ times, range, series, format, onPoint }: LinesProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const present = useRef({ range, format, onPoint });
  present.current = { range, format, onPoint };
  const count = series.length;

  useEffect(() => {
    const element = frame.current;
    if (element === null) {
      return undefined;
    }
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--text-faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { sync: { key: "look" }, y: false, drag: { x: false, y: false } },
        scales: {
          x: { time: true, range: () => present.current.range },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            values: (_, splits) => showTimes(splits),
            space: 90,
            size: 26,
          },
          { ...axis, values: (_, splits) => splits.map(value => present.current.format(value)), size: 68, space: 34 },
        ],
        series: [
          {},
          ...Array.from({ length: count }, (_, number) => ({
            stroke: colour(`--series-${number + 1}`),
            width: 1.75,
            points: { show: false },
            spanGaps: false,
          })),
        ],
        hooks: { setCursor: [({ cursor }) => present.current.onPoint(cursor.idx ?? null)] },
      },
      [[], ...Array.from({ length: count }, () => [])],
      element,
    );
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [count]);

  useEffect(() => {
    plot.current?.setData([times, ...series.map(({ values }) => values)]);
  }, [times, series, range, count]);

  return <div class="lines" ref={frame} aria-hidden="true" />;
}

/** Times below a chart: with seconds where they are less than a minute apart. */
function showTimes(seconds: number[]): string[] {
  const timeStyle = (seconds[1] ?? Infinity) - (seconds[0] ?? 0) < 60 ? "medium" : "short";
  return seconds.map(second => formatTime(second * 1000, { timeStyle }));
}
