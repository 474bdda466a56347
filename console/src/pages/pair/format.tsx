import type { Content } from "../../api/pairs";
import { t } from "../../i18n";
import { Field } from "../../ui";
import { asText, textOf } from "./content";

/** What kind of value it is: JSON, text, or the bytes of a file. */
export function Format({ content, onChange }: { content: Content; onChange: (content: Content) => void }) {
  const kind = content.kind === "json" ? "json" : asText(content.mediaType, content.bytes) !== null ? "text" : "file";
  const choose = (to: string) => {
    const text = textOf(content);
    if (to === "json") {
      onChange({ kind: "json", text });
    } else if (to === "text") {
      onChange({ kind: "bytes", mediaType: "text/plain; charset=utf-8", bytes: new TextEncoder().encode(text) });
    }
  };
  const load = async (file: File | undefined) => {
    if (file !== undefined) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const mediaType = file.type || "application/octet-stream";
      const isJson = mediaType === "application/json";
      onChange(isJson ? { kind: "json", text: new TextDecoder().decode(bytes) } : { kind: "bytes", mediaType, bytes });
    }
  };
  return (
    <>
      <Field kind="select" label={t("pair.type")} value={kind} onValue={choose}>
        <option value="json">JSON</option>
        <option value="text">{t("pair.as.text")}</option>
        {kind === "file" && <option value="file">{content.kind === "bytes" ? content.mediaType : ""}</option>}
      </Field>
      <Field
        label={t("pair.file")}
        type="file"
        onChange={event => void load((event.currentTarget as HTMLInputElement).files?.[0])}
      />
    </>
  );
}
