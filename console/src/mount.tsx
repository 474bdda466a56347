import { render } from "preact";

import { App, failure } from "./app";
import { startShortcuts } from "./keyboard/shortcuts";
import { startProbing } from "./live/connection";
import { navigate } from "./router";
import { configuration } from "./session/configuration";
import { followOtherTabs } from "./session/sign-in";
import { readNamespaces } from "./shell/namespaces";
import { findPage, loadView } from "./shell/page-view";

/** Loads the page of a path while the code is redeemed. */
export function loadAhead(goal: string): void {
  const { pathname: path, searchParams: search } = new URL(goal, location.origin);
  const found = findPage({ path, search });
  if (found !== null) {
    loadView(found.page).catch(() => undefined);
  }
}

/** Shows the console at the path where the user, who has signed in, wanted to go; or else why it cannot be shown. */
export function mount(goal: string | undefined, reason: unknown): void {
  startShortcuts();
  followOtherTabs();
  startProbing(() => fetch(`${configuration().store}/health/live`, { cache: "no-store" }));
  failure.value = reason;
  if (goal !== undefined) {
    void readNamespaces();
    void navigate(goal, { replace: true });
  }
  render(<App />, document.getElementById("app") as HTMLElement);
}
