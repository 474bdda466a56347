import type { ComponentChildren } from "preact";

import { t } from "../i18n";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";
import { announce } from "./toast";

interface Props {
  icon: IconName;
  title: string;
  /** 1 where it is all that the page has. */
  level?: 1 | 2;
  /** What one can do about it: an empty page is where somebody new learns what it is for. */
  children?: ComponentChildren;
}

export function EmptyState({ icon, title, level = 2, children }: Props) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div class="empty">
      <Icon name={icon} />
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** A line for a shell, to be copied. */
export function CommandLine({ text }: { text: string }) {
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    announce(t("ui.copied"));
  };
  return (
    <div class="command-line">
      <code>{text}</code>
      <Button kind="quiet" size="small" icon="copy" label={t("ui.copy")} onClick={() => void copy()} />
    </div>
  );
}
