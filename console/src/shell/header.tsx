import { language, LANGUAGES, setLanguage, t, type Language } from "../i18n";
import { useConnection } from "../live/connection";
import { Keys } from "../keyboard/keys";
import { href, navigate, toNamespace } from "../router";
import { useSession } from "../session";
import { configuration } from "../session/configuration";
import { signOut, signOutEverywhere } from "../session/sign-in";
import { setTheme, theme, THEMES } from "../theme";
import { Button, confirm, Icon, Menu, Tooltip, type MenuEntry } from "../ui";
import { namespaces, presentNamespace } from "./namespaces";

interface Props {
  onMenu: () => void;
  onPalette: () => void;
  onShortcuts: () => void;
}

export function Header({ onMenu, onPalette, onShortcuts }: Props) {
  return (
    <header class="shell-header">
      <Button class="only-narrow" kind="quiet" icon="menu" label={t("shell.menu")} onClick={onMenu} />
      <a class="brand" href={href("/")} aria-label={t("shell.product")}>
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" />
          <path d="M13 8.5 7.5 16l5.5 7.5M18.5 11h6M18.5 16h6M18.5 21h6" />
        </svg>
        <span class="name">{t("shell.product")}</span>
      </a>
      <NamespaceSwitch />
      <button type="button" class="search-button" onClick={onPalette}>
        <Icon name="search" />
        <span class="label">{t("shell.search")}</span>
        <span class="push only-wide" aria-hidden="true">
          <Keys keys="Mod+k" />
        </span>
      </button>
      <ConnectionSign />
      <Button class="only-wide" kind="quiet" icon="question" label={t("shortcuts.sheet")} onClick={onShortcuts} />
      <AccountMenu />
    </header>
  );
}

function NamespaceSwitch() {
  const all = namespaces.value ?? [];
  const present = presentNamespace.value;
  const entries: MenuEntry[] = all.map(({ name }) => ({
    kind: "choice",
    label: name,
    chosen: name === present,
    run: () => void navigate(toNamespace(name)),
  }));
  if (all.length === 0) {
    return null;
  }
  return (
    <div class="namespace-switch">
      <Menu
        label={`${t("shell.namespace")}: ${present}`}
        entries={entries}
        button={
          <>
            <Icon name="database" />
            <span class="one-line foreign">{present}</span>
            <Icon name="down" />
          </>
        }
      />
    </div>
  );
}

function ConnectionSign() {
  const connection = useConnection();
  const detail = {
    live: t("shell.connection.live.detail"),
    reconnecting: t("shell.connection.reconnecting.detail"),
    offline: t("shell.offline"),
  }[connection];
  return (
    <Tooltip text={detail}>
      <span class={`connection ${connection}`} role="status">
        <span class="dot" />
        <span class="label">{t(`shell.connection.${connection}`)}</span>
      </span>
    </Tooltip>
  );
}

function AccountMenu() {
  const { account, isAdministrator } = useSession();
  const { authorization, store, version } = configuration();
  const entries: MenuEntry[] = [
    {
      kind: "caption",
      label: (
        <>
          <strong class="foreign">{account.name}</strong>
          <div class="foreign">{account.username}</div>
          {isAdministrator && <span class="badge accent">{t("shell.account.administrator")}</span>}
        </>
      ),
    },
    { kind: "link", label: t("shell.account.manage"), icon: "user", href: `${authorization}/account`, external: true },
    { kind: "link", label: t("shell.account.documentation"), icon: "external", href: `${store}/docs`, external: true },
    { kind: "separator" },
    { kind: "caption", label: t("shell.theme") },
    ...THEMES.map((name): MenuEntry => ({
      kind: "choice",
      label: t(`shell.theme.${name}`),
      chosen: name === theme.value,
      run: () => setTheme(name),
    })),
    { kind: "caption", label: t("shell.language") },
    ...Object.entries(LANGUAGES).map(([tag, name]): MenuEntry => ({
      kind: "choice",
      label: name,
      chosen: tag === language.value,
      run: () => void setLanguage(tag as Language, { remember: true }),
    })),
    { kind: "separator" },
    { label: t("shell.account.sign_out"), icon: "exit", run: signOut },
    { label: t("shell.account.sign_out_everywhere"), icon: "exit", danger: true, run: () => void askToSignOutEverywhere() },
    { kind: "caption", label: <span class="faint">{version}</span> },
  ];
  return (
    <Menu
      align="end"
      label={t("shell.account", { name: account.name })}
      buttonClass="avatar"
      entries={entries}
      button={<span aria-hidden="true">{[...(account.name || account.username)][0]?.toUpperCase() ?? ""}</span>}
    />
  );
}

export async function askToSignOutEverywhere(): Promise<void> {
  await confirm({
    title: t("shell.sign_out_everywhere.title"),
    text: t("shell.sign_out_everywhere.text"),
    action: t("shell.account.sign_out_everywhere"),
    danger: true,
    run: signOutEverywhere,
  });
}
