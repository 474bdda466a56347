import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

const COMPRESSED = /\.(css|html|js|svg)$/;

/** Writes each text file in gzip beside itself, so that the service compresses nothing. The page is compressed there: it has a path in it. */
function gzip(): Plugin {
  return {
    name: "gzip",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
        const path = join("dist", name);
        if (COMPRESSED.test(name) && statSync(path).isFile() && name !== "index.html") {
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

/** Lets the page load ahead what `main.ts` imports at the end of signing in: what is in the cache by then takes no time. */
function preloadRest(): Plugin {
  return {
    name: "preload-rest",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle = {} }) {
        const chunks = Object.values(bundle).filter(chunk => chunk.type === "chunk" && chunk.name === "mount");
        return chunks.map(({ fileName }) => ({
          tag: "link",
          attrs: { rel: "modulepreload", href: `./${fileName}` },
          injectTo: "head",
        }));
      },
    },
  };
}

export default defineConfig({
  // Relative to the page's <base>, which the service sets: it may be published under any path.
  base: "./",
  build: {
    target: "es2022",
    // `-` is no namespace, so no path below it is one.
    assetsDir: "-/assets",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  plugins: [gzip(), preloadRest()],
  test: { include: ["src/**/*.test.ts"] },
});
