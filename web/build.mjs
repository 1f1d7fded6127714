// Bundles the script and the style sheet of the pages into dist.
import { build } from "esbuild";

await build({
  entryPoints: ["src/app.js", "src/app.css"],
  outdir: "dist",
  bundle: true,
  minify: true,
  legalComments: "none",
  target: ["es2022", "chrome123", "firefox121", "safari17.5"],
  logLevel: "warning",
});
