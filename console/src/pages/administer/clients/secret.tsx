import { t } from "../../../i18n";
import { Button, CommandLine, Dialog, Icon } from "../../../ui";

/** Shows a new secret: this once. */
export function Secret({ id, secret, onClose }: { id: string; secret: string; onClose: () => void }) {
  return (
    <Dialog
      title={t("clients.secret.title", { id })}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("clients.secret.kept")}
        </Button>
      }
    >
      <div class="stack">
        <div class="note warn">
          <Icon name="warning" />
          <div class="text">{t("clients.secret.text")}</div>
        </div>
        <CommandLine text={secret} />
      </div>
    </Dialog>
  );
}
