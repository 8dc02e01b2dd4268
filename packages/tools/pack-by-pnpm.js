/** `prepack` of the published packages: npm would leave `workspace:^` in the manifest, and nobody could install what it packs. */
if (!process.env.npm_config_user_agent?.startsWith("pnpm/")) {
  console.error("packed by pnpm alone: pnpm pack, pnpm publish");
  process.exitCode = 1;
}
