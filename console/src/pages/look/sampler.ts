import { signal } from "@preact/signals";

import { toProblem, type Problem } from "../../api/problem";
import { readStatistics, type ServiceStatistics } from "../../api/statistics";
import { session } from "../../session";
import { subtract, type Point } from "./points";

export const PERIOD_SECONDS = 2;
export const KEPT_SECONDS = 3600;

/** What has been measured since this page was first opened. It is measured on while other pages are shown, but not while the tab is out of sight. */
export const points = signal<readonly Point[]>([]);

/** The latest statistics; null before the first. */
export const latest = signal<ServiceStatistics | null>(null);

/** Why the latest attempt failed; null where it did not. */
export const failure = signal<Problem | null>(null);

let isRunning = false;

/** Begins to measure, until the user signs out. */
export function startSampling(): void {
  if (!isRunning) {
    isRunning = true;
    void run();
  }
}

async function run(): Promise<void> {
  while (session.peek() !== null) {
    if (!document.hidden) {
      await measure();
    }
    await new Promise(resolve => setTimeout(resolve, PERIOD_SECONDS * 1000));
  }
  isRunning = false;
}

async function measure(): Promise<void> {
  try {
    const found = await readStatistics();
    const before = latest.peek();
    const known = points.peek();
    const point = before === null ? null : subtract(before, found, known[known.length - 1] ?? null);
    if (before === null || point !== null) {
      latest.value = { ...found, store: newer(before?.store ?? null, found.store) };
    }
    if (point !== null) {
      points.value = [...known.filter(({ time }) => time > point.time - KEPT_SECONDS), point];
    }
    failure.value = null;
  } catch (error) {
    failure.value = toProblem(error);
  }
}

/** Of what two workers know of the store, the newer: one may be some seconds behind the other. */
function newer(one: ServiceStatistics["store"], other: ServiceStatistics["store"]): ServiceStatistics["store"] {
  return one !== null && (other === null || one.measured_at > other.measured_at) ? one : other;
}
