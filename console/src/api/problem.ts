import { t } from "../i18n";

export interface BrokenRule {
  field: string;
  rule: string;
  message: string;
}

/** What a service has refused, as it says itself (RFC 9457). */
export class Problem extends Error {
  /** The name of the problem, without `urn:problem-type:`. */
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: BrokenRule[];
  readonly requestId: string;
  /** All members, those of the problem's own among them. */
  readonly members: Record<string, unknown>;

  constructor(status: number, members: Record<string, unknown>) {
    const text = (name: string) => (typeof members[name] === "string" ? (members[name] as string) : "");
    super(text("title") || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.type = text("type").replace(/^urn:problem-type:/, "") || text("error");
    this.title = this.message;
    this.detail = text("detail") || text("error_description");
    this.errors = Array.isArray(members["errors"]) ? (members["errors"] as BrokenRule[]) : [];
    this.requestId = text("request_id");
    this.members = members;
  }
}

/** No service has answered. */
export class OfflineError extends Problem {
  constructor() {
    super(0, { type: "offline", title: t("problem.offline.title"), detail: t("problem.offline.detail") });
    this.name = "OfflineError";
  }
}

/** The session has ended: the user has to sign in again. */
export class SignedOutError extends Problem {
  constructor() {
    super(401, { type: "signed-out", title: t("problem.signed_out.title"), detail: t("problem.signed_out.detail") });
    this.name = "SignedOutError";
  }
}

/** Returns a refusal of the page itself, as a service would make it: a field that breaks a rule. */
export function refusal(field: string, message: string): Problem {
  return new Problem(422, { title: message, errors: [{ field, rule: "console", message }] });
}

/** Returns what went wrong as a problem, whatever was thrown. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  return new Problem(0, { type: "unexpected", title: t("problem.unexpected.title"), detail: String(error) });
}

/** Whether the request was given up by the page itself, because nobody waits for its answer any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
