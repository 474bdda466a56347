import { signal } from "@preact/signals";

import { Problem, toProblem } from "./api/problem";
import { t } from "./i18n";
import { place } from "./router";
import { session } from "./session";
import { configuration } from "./session/configuration";
import { beginSignIn, SIGNED_OUT } from "./session/sign-in";
import { Shell } from "./shell/shell";
import { Button, EmptyState, Spinner } from "./ui";

/** Why signing in did not work; null as long as it may. */
export const failure = signal<unknown>(null);

/** The console: the shell for those who have signed in; for others, what they have to do. */
export function App() {
  if (failure.value !== null) {
    const problem = toProblem(failure.value);
    return <Gate title={t("shell.failed.title")} text={describe(problem)} isFailure />;
  }
  if (session.value !== null) {
    return <Shell />;
  }
  if (place.value.path === SIGNED_OUT) {
    return <Gate title={t("shell.signed_out.title")} text={t("shell.signed_out.text")} />;
  }
  return (
    <main class="gate">
      <Spinner text={t("shell.starting")} />
    </main>
  );
}

function Gate({ title, text, isFailure = false }: { title: string; text: string; isFailure?: boolean }) {
  const start = () => {
    beginSignIn("/").catch((error: unknown) => (failure.value = error));
  };
  return (
    <main class="gate">
      <EmptyState level={1} icon={isFailure ? "warning" : "exit"} title={title}>
        <p>{text}</p>
        <Button kind="primary" onClick={start} autofocus>
          {t("shell.sign_in")}
        </Button>
      </EmptyState>
    </main>
  );
}

function describe(problem: Problem): string {
  if (problem.type === "foreign-answer" || problem.type === "access_denied") {
    return t(`shell.failed.${problem.type}`);
  }
  if (problem.type === "offline") {
    return t("shell.failed.unreachable", { address: configuration().authorization });
  }
  return t("shell.failed.other", { reason: problem.detail || problem.type || problem.message });
}
