import type { Message } from "../message";

/** Components that all pages use. */
export const ui = {
  "ui.cancel": "Cancel",
  "ui.close": "Close",
  "ui.retry": "Try again",
  "ui.loading": "Loading",
  "ui.copy": "Copy",
  "ui.copied": "Copied",
  "ui.more": "More",
  "ui.rare": "More settings",
  "ui.yes": "yes",
  "ui.no": "no",
  "ui.code_points": "It has characters that are not seen as they are: {points}",
  "ui.required": "required",

  "problem.offline.title": "No answer",
  "problem.offline.detail": "The service does not answer. What you see is what was last read; the console goes on trying.",
  "problem.signed_out.title": "You are signed out",
  "problem.signed_out.detail": "Your session has ended. Sign in again to go on.",
  "problem.unexpected.title": "Something unexpected happened",
  "problem.forbidden": "You have no right to do this. Whoever administers the store can give it to you.",
  "problem.forbidden.scope":
    "This needs the right {scope}, which you do not have. Whoever administers the store can give it to you.",
  "problem.busy": "The service has more to do than it can. Try again in a moment.",
  "problem.request": "Request {id}",
} as const satisfies Record<string, Message>;
