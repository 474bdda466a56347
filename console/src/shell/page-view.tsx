import type { ComponentType } from "preact";
import { useEffect, useErrorBoundary, useLayoutEffect, useState } from "preact/hooks";

import { t } from "../i18n";
import { PAGES, type Page, type PageProps } from "../pages";
import { href, match, place, type Params, type Place } from "../router";
import { useSession } from "../session";
import { Button, EmptyState, ProblemNote, Spinner } from "../ui";

/** Returns the page of a place with its parameters, or null. */
export function findPage(where: Place): { page: Page; params: Params } | null {
  for (const page of PAGES) {
    const params = match(page.path, where);
    if (params !== null) {
      return { page, params };
    }
  }
  return null;
}

type View = ComponentType<PageProps>;

const views = new Map<Page, View>();

/** Loads the component of a page; one that has been loaded before is shown without a wait. */
export async function loadView(page: Page): Promise<View> {
  const view = views.get(page) ?? (await page.load()).default;
  views.set(page, view);
  return view;
}

/** The page that the address names. */
export function PageView() {
  const found = findPage(place.value);
  const title = found === null ? t("shell.missing.title") : t(found.page.title);
  const about = found?.params["key"] ?? found?.params["namespace"];
  useEffect(() => {
    document.title = [...(about === undefined ? [] : [about]), title, t("shell.product")].join(" · ");
  }, [title, about]);
  if (found === null) {
    return (
      <div class="page">
        <EmptyState level={1} icon="question" title={t("shell.missing.title")}>
          <p class="foreign">{t("shell.missing.text", { path: place.value.path })}</p>
          <a class="button" href={href("/")}>
            {t("shell.missing.home")}
          </a>
        </EmptyState>
      </div>
    );
  }
  return <Loaded key={found.page.path} {...found} />;
}

function Loaded({ page, params }: { page: Page; params: Params }) {
  const [View, setView] = useState<View | null>(() => views.get(page) ?? null);
  const [failure, setFailure] = useState<unknown>(null);
  const [broken, reset] = useErrorBoundary();
  const session = useSession();
  useLayoutEffect(() => {
    loadView(page).then(loaded => setView(() => loaded), setFailure);
  }, [page]);
  if (failure !== null || broken !== undefined) {
    return (
      <div class="page">
        <EmptyState level={1} icon="warning" title={t("shell.broken.title")}>
          <p>{t("shell.broken.text")}</p>
          <ProblemNote error={failure ?? broken} onRetry={reset} />
          <Button kind="primary" onClick={() => location.reload()}>
            {t("shell.broken.reload")}
          </Button>
        </EmptyState>
      </div>
    );
  }
  if (page.offered?.(session, params["namespace"] ?? "") === false) {
    const isForAdministrators = page.group === "administer" && !session.isAdministrator;
    return (
      <div class="page">
        <EmptyState level={1} icon="shield" title={isForAdministrators ? t("shell.forbidden.title") : t(page.title)}>
          <p>{t("problem.forbidden")}</p>
        </EmptyState>
      </div>
    );
  }
  return View === null ? <Spinner /> : <View params={params} />;
}
