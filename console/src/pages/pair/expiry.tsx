import { refusal } from "../../api/problem";
import { setTimeToLive, type StoredPair } from "../../api/pairs";
import { t } from "../../i18n";
import { announce } from "../../ui";
import { FormDialog } from "../../ui/form";
import { parseTime } from "../../ui/quantity";

interface Props {
  namespace: string;
  pair: StoredPair;
  onSaved: () => void;
  onClose: () => void;
}

/** Changes when a pair expires, and nothing else of it. */
export function Expiry({ namespace, pair, onSaved, onClose }: Props) {
  return (
    <FormDialog
      title={t("pair.expiry.change")}
      text={t("pair.expiry.text")}
      action={t("pair.expiry.save")}
      entries={() => [{ name: "ttl", label: t("pair.expiry.after"), hint: t("pair.expiry.after.hint") }]}
      submit={async ({ ttl = "" }) => {
        const seconds = ttl.trim() === "" ? null : parseTime(ttl);
        if (seconds === null && ttl.trim() !== "") {
          throw refusal("ttl", t("pair.expiry.unread", { text: ttl }));
        }
        await setTimeToLive(namespace, pair.key, seconds, pair.revision);
        announce(t("pair.expiry.saved"));
        onSaved();
        onClose();
      }}
      onClose={onClose}
    />
  );
}
