import { toProblem, type Problem } from "../api/problem";
import { t } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icon";

/** Says what was refused and why and, where that helps, lets one try again. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = toProblem(error);
  return (
    <div class="note bad" role="alert">
      <Icon name="warning" />
      <div class="text">
        <strong>{problem.title}</strong>
        <span>{explain(problem)}</span>
        {problem.errors.length > 0 && (
          <ul>
            {problem.errors.map(({ field, message }) => (
              <li key={field + message}>
                <code>{field}</code>: {message}
              </li>
            ))}
          </ul>
        )}
        {problem.requestId !== "" && <span class="small faint mono">{t("problem.request", { id: problem.requestId })}</span>}
      </div>
      {onRetry !== undefined && (
        <Button size="small" icon="refresh" onClick={onRetry}>
          {t("ui.retry")}
        </Button>
      )}
    </div>
  );
}

/** Returns the reason of a refusal in the user's language, where there is one; otherwise as the service words it. */
export function explain(problem: Problem): string {
  if (problem.type === "insufficient-scope" || problem.type === "administrator-required") {
    const scope = /`([^`]+)`/.exec(problem.detail)?.[1] ?? /\b(?:read|write|admin):\S+[^.\s]/.exec(problem.detail)?.[0];
    return scope === undefined ? t("problem.forbidden") : t("problem.forbidden.scope", { scope });
  }
  return problem.type === "busy" ? t("problem.busy") : problem.detail;
}
