import { t } from "../../i18n";
import { VirtualList } from "../../ui";

const WIDTH = 16;

/** Bytes as a hex dump: offset, sixteen bytes, and what of them is ASCII. */
export function Hex({ bytes }: { bytes: Uint8Array }) {
  return (
    <VirtualList
      class="hex mono"
      count={Math.ceil(bytes.length / WIDTH)}
      rowHeight={22}
      role="region"
      aria-label={t("pair.hex")}
      tabIndex={0}
      row={index => {
        const line = [...bytes.subarray(index * WIDTH, (index + 1) * WIDTH)];
        const hex = line.map(byte => byte.toString(16).padStart(2, "0"));
        const text = line.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·"));
        return (
          <div class="hex-row" key={index}>
            <span class="faint">{(index * WIDTH).toString(16).padStart(8, "0")}</span>
            <span>{`${hex.slice(0, 8).join(" ")}  ${hex.slice(8).join(" ")}`.padEnd(WIDTH * 3)}</span>
            <span class="soft">{text.join("")}</span>
          </div>
        );
      }}
    />
  );
}
