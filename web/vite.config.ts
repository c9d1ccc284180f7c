import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: { outDir: "../src/classblocks/app/static", emptyOutDir: true, target: "es2022" },
  server: { proxy: { "/api": "http://127.0.0.1:8265", "/thumb": "http://127.0.0.1:8265" } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
