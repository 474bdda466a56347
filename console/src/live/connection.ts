import { computed, signal } from "@preact/signals";

/** How the page and the services are connected at present. */
export type Connection = "live" | "reconnecting" | "offline";

const isSilent = signal(false);
const interrupted = signal(0);

export const connection = computed<Connection>(() =>
  isSilent.value ? "offline" : interrupted.value > 0 ? "reconnecting" : "live",
);

/** The connection, for components: they follow it. */
export function useConnection(): Connection {
  return connection.value;
}

/** The event that tells all that wait to try again: the services answer, or the network is back. */
export const BACK = "console:back";

/** To be called when a service has answered, whatever it said. */
export function noteAnswer(): void {
  if (isSilent.peek()) {
    isSilent.value = false;
    dispatchEvent(new Event(BACK));
  }
}

/** To be called when a request got no answer. */
export function noteSilence(): void {
  isSilent.value = true;
}

/** Counts a watch that is not connected, until the returned function is called. */
export function noteInterruption(): () => void {
  interrupted.value += 1;
  let isOver = false;
  return () => {
    if (!isOver) {
      isOver = true;
      interrupted.value -= 1;
    }
  };
}

/** Tries until the store answers again, beginning at once and then less and less often. */
export function startProbing(probe: () => Promise<unknown>): void {
  let wait = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = async () => {
    try {
      await probe();
      noteAnswer();
    } catch {
      wait = Math.min(10_000, wait * 2 + 500);
      timer = setTimeout(() => void attempt(), wait);
    }
  };
  isSilent.subscribe(silent => {
    clearTimeout(timer);
    wait = 0;
    if (silent) {
      timer = setTimeout(() => void attempt(), 500);
    }
  });
  addEventListener("online", () => {
    if (isSilent.value) {
      clearTimeout(timer);
      void attempt();
    }
  });
  addEventListener("offline", noteSilence);
}
