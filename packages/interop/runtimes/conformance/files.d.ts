/** Put in when the program is bundled: every file of a folder, by its name. */
declare module "files:sasl/test/vectors" {
  const files: Readonly<Record<string, string>>;
  export default files;
}
declare module "files:smtp-codec/test/seed" {
  const files: Readonly<Record<string, string>>;
  export default files;
}
declare module "files:pop3-codec/test/seed" {
  const files: Readonly<Record<string, string>>;
  export default files;
}
