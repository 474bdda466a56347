import { useEffect, useState } from "preact/hooks";

import type { Content } from "../../api/pairs";
import { CodeView } from "../../code/code-view";
import { t } from "../../i18n";
import { Tabs } from "../../ui";
import { asText } from "./content";
import { Hex } from "./hex";

type Form = "text" | "image" | "hex";

/** A value as what it is: JSON, text, an image, or bytes. */
export function ValueView({ content }: { content: Content }) {
  if (content.kind === "json") {
    return <CodeView label={t("pair.value")} text={content.text} language="json" />;
  }
  return <BytesView key={content.mediaType} {...content} />;
}

const IMAGE = /^image\/(png|jpeg|gif|webp|avif|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)\b/i;

function BytesView({ mediaType, bytes }: Extract<Content, { kind: "bytes" }>) {
  const text = asText(mediaType, bytes);
  const forms: Form[] = [
    ...(IMAGE.test(mediaType) ? (["image"] as const) : []),
    ...(text !== null ? (["text"] as const) : []),
    "hex",
  ];
  const [chosen, choose] = useState<Form>(forms[0] ?? "hex");
  return (
    <Tabs
      label={t("pair.shown_as")}
      tabs={forms.map(name => ({ name, label: t(`pair.as.${name}`) }))}
      chosen={chosen}
      onChoose={choose}
    >
      {chosen === "image" && <Image mediaType={mediaType} bytes={bytes} />}
      {chosen === "text" && <CodeView label={t("pair.value")} text={text ?? ""} language="text" />}
      {chosen === "hex" && <Hex bytes={bytes} />}
    </Tabs>
  );
}

/** An image. As one, even SVG runs no scripts. */
function Image({ mediaType, bytes }: { mediaType: string; bytes: Uint8Array<ArrayBuffer> }) {
  const [source, setSource] = useState("");
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    const url = URL.createObjectURL(new Blob([bytes], { type: mediaType }));
    setSource(url);
    setBroken(false);
    return () => URL.revokeObjectURL(url);
  }, [bytes, mediaType]);
  return (
    <div class="image">
      {isBroken ? (
        <p class="soft">{t("pair.broken_image")}</p>
      ) : (
        source !== "" && <img src={source} alt={t("pair.image")} onError={() => setBroken(true)} />
      )}
    </div>
  );
}
