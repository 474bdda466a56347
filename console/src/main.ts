import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/overlays.css";
import "./styles/shell.css";
import { startLanguage } from "./i18n";
import { place, startRouter } from "./router";
import { loadConfiguration } from "./session/configuration";
import { beginSignIn, completeSignIn, hasReturned, SIGNED_OUT } from "./session/sign-in";
import { startTheme } from "./theme";

/** The rest of the program. It takes longer to begin than this file, so signing in does not wait for it. */
const loadRest = () => import("./mount");

async function start(): Promise<void> {
  startTheme();
  await Promise.all([loadConfiguration(), startLanguage()]);
  startRouter();
  let goal: string | undefined;
  let failure: unknown = null;
  try {
    if (hasReturned()) {
      const rest = loadRest();
      goal = await completeSignIn(wanted => void rest.then(({ loadAhead }) => loadAhead(wanted)));
    } else if (place.peek().path !== SIGNED_OUT) {
      await beginSignIn(place.peek().path + location.search);
      return; // the browser leaves
    }
  } catch (error) {
    failure = error;
  }
  (await loadRest()).mount(goal, failure);
}

void start();
