# Two workers: the example client, and the programs that print what they found. The client may connect to loopback, and trusts one certificate.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "client", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-11-01",
    )),
    (name = "programs", worker = (
      modules = [
        (name = "programs.js", esModule = embed "programs.js"),
        (name = "conformance.js", esModule = embed "conformance.js"),
        (name = "import-all-bundled.js", esModule = embed "import-all-bundled.js"),
      ],
      compatibilityDate = "2026-11-01",
    )),
    (name = "internet", network = (
      allow = ["local"],
      tlsOptions = (trustedCertificates = [@TRUSTED@]),
    )),
  ],
  sockets = [
    (name = "client", address = "127.0.0.1:@CLIENT@", http = (), service = "client"),
    (name = "programs", address = "127.0.0.1:@PROGRAMS@", http = (), service = "programs"),
  ],
);
