import type { ServiceStatistics } from "../../api/statistics";

/** Requests between two measurements, of one operation. */
interface Requests {
  count: number;
  failed: number;
  /** By duration, as in the statistics. */
  buckets: number[];
}

/** What the service did between two measurements, and its state at the second one. */
export interface Point {
  /** Seconds since 1970. */
  time: number;
  /** Since the point before. */
  seconds: number;
  bounds: number[];
  operations: Map<string, Requests>;
  /** Changes a second; null: not known yet. */
  changes: number | null;
  pairs: number | null;
  memory: number | null;
  memoryLimit: number | null;
  watches: number;
  underWay: number;
  /** Cores in use. */
  cores: number;
}

/** Operations that wait for changes take as long as their clients want: they say nothing of the speed of the service. */
const WAITING = /\/(watch|changes)$/;
/** What this page asks for. */
const OWN = "GET /statistics";

export const NO_OPERATION = "";

/** Returns what happened between two measurements. A service that was restarted meanwhile counts from 0: then it is what it has counted. */
export function subtract(before: ServiceStatistics, after: ServiceStatistics, point: Point | null): Point | null {
  const time = Date.parse(after.measured_at) / 1000;
  const seconds = time - Date.parse(before.measured_at) / 1000;
  if (seconds <= 0) {
    return null;
  }
  const earlier = new Map(before.requests.operations.map(one => [`${one.method} ${one.route} ${one.status}`, one]));
  const isRestarted = after.cpu_seconds < before.cpu_seconds;
  const operations = new Map<string, Requests>();
  for (const one of after.requests.operations) {
    const known = isRestarted ? undefined : earlier.get(`${one.method} ${one.route} ${one.status}`);
    const name = `${one.method} ${one.route}`.trim();
    if (name === OWN || name.startsWith("GET /health/")) {
      continue;
    }
    const sum = operations.get(name) ?? { count: 0, failed: 0, buckets: one.buckets.map(() => 0) };
    const buckets = one.buckets.map((count, at) => Math.max(0, count - (known?.buckets[at] ?? 0)));
    const count = buckets.reduce((all, some) => all + some, 0);
    operations.set(name, {
      count: sum.count + count,
      failed: sum.failed + (one.status === "5xx" ? count : 0),
      buckets: sum.buckets.map((some, at) => some + (buckets[at] ?? 0)),
    });
  }
  const leader = after.instances.find(({ role }) => role === "leader");
  return {
    time,
    seconds,
    bounds: after.requests.bounds,
    operations,
    changes: countChanges(before, after) ?? point?.changes ?? null,
    pairs: after.store?.pairs ?? null,
    memory: leader?.memory_used_bytes ?? null,
    memoryLimit: leader?.memory_limit_bytes ?? null,
    watches: after.requests.watches_waiting,
    underWay: after.requests.under_way,
    cores: isRestarted ? 0 : (after.cpu_seconds - before.cpu_seconds) / seconds,
  };
}

/** Returns changes a second; null if the store has not been measured since. */
function countChanges({ store: before }: ServiceStatistics, { store: after }: ServiceStatistics): number | null {
  if (before === null || after === null) {
    return null;
  }
  const seconds = (Date.parse(after.measured_at) - Date.parse(before.measured_at)) / 1000;
  return seconds > 0 ? Math.max(0, after.revisions - before.revisions) / seconds : null;
}

/** Returns requests a second: of one operation, or of all. */
export function rate({ operations, seconds }: Point, name?: string): number {
  const counted = name === undefined ? [...operations.values()] : [operations.get(name)];
  return counted.reduce((sum, one) => sum + (one?.count ?? 0), 0) / seconds;
}

/** Returns the failures of the service a second: responses with a status of 500 or more. */
export function failureRate({ operations, seconds }: Point): number {
  return [...operations.values()].reduce((sum, { failed }) => sum + failed, 0) / seconds;
}

/** Returns the duration in seconds that this share of the requests did not exceed, estimated from the buckets; null without requests. */
export function quantile({ operations, bounds }: Point, share: number, name?: string): number | null {
  const sums = new Array<number>(bounds.length + 1).fill(0);
  for (const [operation, { buckets }] of operations) {
    if (name === undefined ? !WAITING.test(operation) : operation === name) {
      buckets.forEach((count, at) => (sums[at] = (sums[at] ?? 0) + count));
    }
  }
  const all = sums.reduce((sum, count) => sum + count, 0);
  if (all === 0) {
    return null;
  }
  let left = share * all;
  for (const [at, count] of sums.entries()) {
    const lower = bounds[at - 1] ?? 0;
    const upper = bounds[at] ?? lower;
    if (left <= count && count > 0) {
      return lower + (upper - lower) * (left / count);
    }
    left -= count;
  }
  return bounds[bounds.length - 1] ?? null;
}

/** Returns the operations with the most requests in these points, the most frequent first. */
export function findBusiest(points: readonly Point[], most: number): string[] {
  const sums = new Map<string, number>();
  for (const { operations } of points) {
    for (const [name, { count }] of operations) {
      sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  return [...sums]
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one)
    .slice(0, most)
    .map(([name]) => name);
}
