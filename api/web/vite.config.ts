import { loadEnv } from "vite"
import { defineConfig } from "vitest/config"

export default defineConfig(({ mode }) => ({
  // Relative, so that a reverse proxy may serve the page below any path.
  base: "./",
  build: {
    // The Content-Security-Policy forbids inline resources.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    cssTarget: ["chrome123", "safari17.5", "firefox120"],
    reportCompressedSize: false,
  },
  // For `npm run dev` beside a running service, whose address is NGATU_SERVICE.
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: service(mode), ws: true } },
  },
  test: { css: true },
}))

function service(mode: string): string {
  return loadEnv(mode, ".", "NGATU_").NGATU_SERVICE ?? "http://127.0.0.1:8000"
}
