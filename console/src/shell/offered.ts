import { t } from "../i18n";
import { PAGES, type Page } from "../pages";
import { session } from "../session";

/** Returns the pages of the navigation that the user is offered, with their titles. */
export function offeredPages(namespace: string): { page: Page; title: string }[] {
  const present = session.value;
  return PAGES.filter(
    page =>
      page.group !== undefined &&
      present !== null &&
      (namespace !== "" || !page.path.includes(":namespace")) &&
      (page.offered?.(present, namespace) ?? true),
  ).map(page => ({ page, title: t(page.title) }));
}
