import { useEffect } from "preact/hooks";

/** Calls a function again and again while the page is in sight, and when it comes back into sight after that time. */
export function useRefresh(reload: () => void, milliseconds: number): void {
  useEffect(() => {
    let isDue = false;
    const refresh = () => {
      isDue = document.hidden;
      if (!isDue) {
        reload();
      }
    };
    const catchUp = () => isDue && refresh();
    const timer = setInterval(refresh, milliseconds);
    document.addEventListener("visibilitychange", catchUp);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", catchUp);
    };
  }, [reload, milliseconds]);
}
