import { loadEnv } from "vite"
import { defineConfig } from "vitest/config"

export default defineConfig(({ mode }) => ({
  // Relative, so that the service can be reached below any path of a reverse proxy.
  base: "./",
  build: {
    // The service's policy allows files of its own and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    cssTarget: ["chrome123", "safari17.5", "firefox120"],
    reportCompressedSize: false,
  },
  // `npm run dev` beside a running service: NGATU_SERVICE says where it listens.
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: service(mode), ws: true } },
  },
  test: { css: true },
}))

function service(mode: string): string {
  return loadEnv(mode, ".", "NGATU_").NGATU_SERVICE ?? "http://127.0.0.1:8000"
}
