import { render } from "preact";

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/overlays.css";
import "./styles/shell.css";
import { App, failure } from "./app";
import { startLanguage } from "./i18n";
import { startShortcuts } from "./keyboard/shortcuts";
import { startProbing } from "./live/connection";
import { navigate, place, startRouter } from "./router";
import { configuration, loadConfiguration } from "./session/configuration";
import { beginSignIn, completeSignIn, followOtherTabs, hasReturned, SIGNED_OUT } from "./session/sign-in";
import { findPage } from "./shell/page-view";
import { startTheme } from "./theme";

/** Loads the page of a path while the code is redeemed. */
function loadAhead(goal: string): void {
  const { pathname: path, searchParams: search } = new URL(goal, location.origin);
  findPage({ path, search })
    ?.page.load()
    .catch(() => undefined);
}

async function start(): Promise<void> {
  startTheme();
  await Promise.all([loadConfiguration(), startLanguage()]);
  startRouter();
  startShortcuts();
  followOtherTabs();
  startProbing(() => fetch(`${configuration().store}/health/live`, { cache: "no-store" }));
  try {
    if (hasReturned()) {
      await navigate(await completeSignIn(loadAhead), { replace: true });
    } else if (place.peek().path !== SIGNED_OUT) {
      await beginSignIn(place.peek().path + location.search);
    }
  } catch (error) {
    failure.value = error;
  }
  render(<App />, document.getElementById("app") as HTMLElement);
}

void start();
