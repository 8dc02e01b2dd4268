/** Of some peers only a parser is driven: what their servers and databases need besides is not installed. */
const needed = {
  wildduck: ["base32.js", "nodemailer"],
  yapople: [],
};

module.exports = {
  hooks: {
    readPackage(manifest) {
      const names = needed[manifest.name];
      if (names === undefined) return manifest;
      const all = manifest.dependencies;
      const dependencies = Object.fromEntries(names.map((name) => [name, all[name]]));
      return { ...manifest, dependencies, optionalDependencies: {} };
    },
  },
};
