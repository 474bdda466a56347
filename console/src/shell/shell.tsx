import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../i18n";
import { useShortcut } from "../keyboard";
import { registerShortcut } from "../keyboard/shortcuts";
import { useConnection } from "../live/connection";
import { fill, navigate, place } from "../router";
import { isDark, setTheme } from "../theme";
import { announce, Dialog, Icon, Button } from "../ui";
import { Confirmations } from "../ui/dialog";
import { Toasts } from "../ui/toast";
import { readAccount } from "../session";
import { hasEnded } from "../session/tokens";
import { beginSignIn } from "../session/sign-in";
import { Header } from "./header";
import { Lazy } from "./lazy";
import { presentNamespace } from "./namespaces";
import { Navigation } from "./navigation";
import { offeredPages } from "./offered";
import { PageView } from "./page-view";

type Overlay = "palette" | "shortcuts" | "navigation" | null;

/** The frame of all pages, for a user that has signed in. */
export function Shell() {
  const [overlay, setOverlay] = useState<Overlay>(null);
  const close = () => setOverlay(null);
  useShortcut("Mod+k", "shortcuts.palette", () => setOverlay("palette"), { isEverywhere: true });
  useShortcut("?", "shortcuts.sheet", () => setOverlay("shortcuts"), { isEverywhere: true });
  useShortcut("g t", "shortcuts.theme", () => setTheme(isDark.peek() ? "light" : "dark"), { isEverywhere: true });
  usePageShortcuts();
  useEffect(() => void readAccount().catch(() => undefined), []);
  const main = useFocusOnMain();
  const { path } = place.value;
  useEffect(() => setOverlay(before => (before === "navigation" ? null : before)), [path]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={event => (event.preventDefault(), main.current?.focus())}>
        {t("shell.skip")}
      </a>
      <Header
        onMenu={() => setOverlay("navigation")}
        onPalette={() => setOverlay("palette")}
        onShortcuts={() => setOverlay("shortcuts")}
      />
      <div class="sidebar only-wide">
        <Navigation />
      </div>
      <main id="main" tabIndex={-1} ref={main}>
        <OfflineNote />
        <PageView />
      </main>
      {overlay === "navigation" && (
        <Dialog title={t("shell.navigation")} onClose={close} class="drawer">
          <Navigation />
        </Dialog>
      )}
      {overlay === "palette" && <Lazy load={() => import("../keyboard/palette")} props={{ onClose: close }} />}
      {overlay === "shortcuts" && <Lazy load={() => import("../keyboard/sheet")} props={{ onClose: close }} />}
      <EndedDialog />
      <Confirmations />
      <Toasts />
    </div>
  );
}

/** Lets `g` and a letter lead to each page of the navigation. */
function usePageShortcuts(): void {
  const namespace = presentNamespace.value;
  const pages = offeredPages(namespace);
  const names = pages.map(({ page, title }) => `${page.path} ${title}`).join();
  useEffect(() => {
    const removals = pages.flatMap(({ page, title }) =>
      page.key === undefined
        ? []
        : registerShortcut({
            keys: `g ${page.key}`,
            title: "shortcuts.go",
            values: { page: title },
            isEverywhere: true,
            run: () => void navigate(fill(page.path, { namespace: presentNamespace.peek() })),
          }),
    );
    return () => removals.forEach(remove => remove());
  }, [names]);
}

/** Puts the focus on the content when the page changes, as a new document would. */
function useFocusOnMain() {
  const main = useRef<HTMLElement>(null);
  const { path } = place.value;
  const first = useRef(true);
  useEffect(() => {
    if (!first.current && !main.current?.contains(document.activeElement)) {
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);
  return main;
}

function OfflineNote() {
  const connection = useConnection();
  const before = useRef(connection);
  useEffect(() => {
    if (before.current === "offline" && connection !== "offline") {
      announce(t("shell.back"));
    }
    before.current = connection;
  }, [connection]);
  return connection === "offline" ? (
    <div class="offline-note" role="alert">
      <Icon name="warning" />
      {t("shell.offline")}
    </div>
  ) : null;
}

function EndedDialog() {
  const [isAccepted, setAccepted] = useState(false);
  const ended = hasEnded.value;
  useEffect(() => setAccepted(false), [ended]);
  if (!ended || isAccepted) {
    return null;
  }
  return (
    <Dialog
      title={t("shell.ended.title")}
      onClose={() => setAccepted(true)}
      actions={
        <>
          <Button onClick={() => setAccepted(true)}>{t("shell.ended.stay")}</Button>
          <Button kind="primary" autofocus onClick={() => void beginSignIn(place.peek().path)}>
            {t("shell.ended.sign_in")}
          </Button>
        </>
      }
    >
      <p class="soft">{t("shell.ended.text")}</p>
    </Dialog>
  );
}
