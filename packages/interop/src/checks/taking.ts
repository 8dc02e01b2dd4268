/** What every SMTP or LMTP server of others is checked with: messages read back, logins, refusals, lost connections. */
import { type Check, expectRejection } from "../check.ts";
import { submitWith } from "../clients.ts";
import { type Feature, type FeatureName, shows } from "../covered/feature.ts";
import { hasSecret } from "../mechanisms.ts";
import { type Cut, cuttable } from "../ours/cutting.ts";
import { deliver } from "../ours/deliver.ts";
import { UNKNOWN } from "../ours/unknown-mechanism.ts";
import { ALICE, BOB, type Sample, type World } from "../world.ts";
import {
  expectAccepted,
  expectFates,
  expectInbox,
  expectOffered,
  expectRefusal,
  expectStoredAs,
  type Fate,
  offers,
  parcel,
  type SmtpServer,
  to,
  waysOf,
} from "./smtp-server.ts";
import { tlsWords } from "./tls.ts";

export function smtpServerChecks(world: World, server: SmtpServer): Check[] {
  const checks = [roundTrips, logins, refusals, cuts].flatMap((make) => make(world, server));
  const { label } = server;
  return label === undefined ? checks : checks.map((check) => ({ ...check, title: `${label}: ${check.title}` }));
}

function roundTrips(world: World, server: SmtpServer): Check[] {
  const ways = waysOf(server);
  const { refuses = () => null } = server;
  const taken = world.samples.filter((sample) => refuses(sample) === null);
  const submitted = server.part.protocol === "SMTP" && ways.includes("STARTTLS");
  const small = taken.filter(({ octets }) => octets.length < 1_000_000);
  const chunked: readonly FeatureName[] = ["round trip", "dots", "8-bit", "no final line end"];
  return [
    ...taken.map((sample) => ({
      title: `takes "${sample.name}"${submitted ? " over STARTTLS, from the example client" : ""}`,
      covers: shows(server.part, sample.feature),
      run: async () => {
        await server.inbox.take();
        if (submitted) await submitPlainly(world, server, sample);
        else expectAccepted(await deliver(to(world, server), [parcel(sample)]));
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    })),
    ...world.samples.flatMap((sample): Check[] => {
      const code = refuses(sample);
      if (code === null) return [];
      return [
        {
          title: `refuses "${sample.name}" by ${code}`,
          run: async () => {
            await server.inbox.take();
            const { reports } = await deliver(to(world, server), [parcel(sample)]);
            expectFates(reports[0], [["permanent", code]]);
            expectInbox(server, await server.inbox.take(), []);
          },
        },
      ];
    }),
    ...ways.map((tls) => ({
      title: `takes every sample but the largest on one connection, ${tlsWords[tls].SMTP}`,
      covers: shows(
        server.part,
        "round trip",
        ...(tls === "none" ? [] : [tls]),
        ...offers(server, "PIPELINING", "SIZE", "8BITMIME"),
      ),
      run: async () => {
        await server.inbox.take();
        const delivered = await deliver(
          to(world, server, tls),
          small.map((sample) => parcel(sample)),
        );
        expectAccepted(delivered, small.length);
        if (delivered.tls !== (tls !== "none")) throw new Error("it is not as secret as it was to be");
        expectOffered(server, delivered, "PIPELINING", "SIZE", "8BITMIME");
        expectInbox(server, await server.inbox.take(), small);
      },
    })),
    ...(offers(server, "CHUNKING").length === 0
      ? []
      : [
          {
            title: "takes messages by BDAT, and the same by DATA",
            covers: shows(server.part, "CHUNKING"),
            run: async () => {
              const samples = taken.filter(({ feature }) => chunked.includes(feature));
              for (const chunking of [true, false]) {
                await server.inbox.take();
                const delivered = await deliver(
                  { ...to(world, server), chunking },
                  samples.map((sample) => parcel(sample)),
                );
                expectAccepted(delivered, samples.length);
                expectOffered(server, delivered, "CHUNKING");
                expectInbox(server, await server.inbox.take(), samples);
              }
            },
          },
        ]),
    {
      title: "takes a message command by command, without PIPELINING",
      covers: shows(server.part, "round trip"),
      run: async () => {
        await server.inbox.take();
        const sample = world.sample("multipart");
        expectAccepted(await deliver({ ...to(world, server), pipelining: false }, [parcel(sample)]));
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    },
  ];
}

function logins(world: World, server: SmtpServer): Check[] {
  const { mechanisms = [], user = ALICE, loginTls = "STARTTLS", part, unknownMechanism = 504 } = server;
  if (mechanisms.length === 0) return [];
  const covers = (name: string): Feature[] => [{ role: part.role, protocol: part.protocol, name }];
  const sample = world.sample("multipart");
  const logIn = (mechanism: string, isRight = true) =>
    deliver({ ...to(world, server, loginTls), login: { user, mechanism, isRight } }, [parcel(sample)]);
  return [
    ...mechanisms.map((mechanism) => ({
      title: `takes a message with ${mechanism}`,
      covers: covers(mechanism),
      run: async () => {
        await server.inbox.take();
        expectAccepted(await logIn(mechanism));
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    })),
    ...mechanisms.filter(hasSecret).map((mechanism) => ({
      title: `refuses a wrong password (${mechanism})`,
      covers: [...covers(mechanism), ...shows(part, "wrong password")],
      run: async () => {
        await server.inbox.take();
        expectRefusal(await logIn(mechanism, false), 535, "credentials");
        expectInbox(server, await server.inbox.take(), []);
      },
    })),
    {
      title: "refuses a mechanism that it has not",
      covers: shows(part, "unknown mechanism"),
      run: async () => {
        expectRefusal(await logIn(UNKNOWN), unknownMechanism, unknownMechanism === 504 ? "mechanism" : "credentials");
        expectInbox(server, await server.inbox.take(), []);
      },
    },
    {
      title: "lets the example client in, and not with a wrong password",
      covers: shows(part, "wrong password"),
      run: async () => {
        if (loginTls !== "STARTTLS") return;
        const options = {
          port: server.ports["STARTTLS"]!,
          certificate: world.certificate,
          user,
          mechanism: mechanisms[0]!,
        };
        const message = { from: ALICE, to: [BOB], content: sample.octets };
        await expectRejection(submitWith({ ...options, isRight: false }, message), "auth failed: 535 ");
        expectInbox(server, await server.inbox.take(), []);
        const { outcome, text } = await submitWith(options, message);
        if (outcome !== "accepted") throw new Error(`${outcome}: ${text}`);
        expectInbox(server, await server.inbox.take(), [sample]);
      },
    },
  ];
}

function refusals(world: World, server: SmtpServer): Check[] {
  const { part, rejected, maxMessageSize, tooLarge = 552 } = server;
  const sample = world.sample("multipart");
  const checks: Check[] = [];
  if (rejected !== undefined) {
    const { address, code } = rejected;
    checks.push(
      {
        title: "rejects a recipient",
        covers: shows(part, "rejected recipient"),
        run: async () => {
          await server.inbox.take();
          // The connection must be good for the next message.
          const delivered = await deliver(to(world, server), [parcel(sample, { to: [address] }), parcel(sample)]);
          expectFates(delivered.reports[0], [["permanent", code]]);
          expectFates(delivered.reports[1], [["accepted", 250]]);
          expectInbox(server, await server.inbox.take(), [sample]);
        },
      },
      {
        title: "rejects the second of three recipients",
        covers: shows(part, "some recipients"),
        run: async () => {
          await server.inbox.take();
          const delivered = await deliver(to(world, server), [parcel(sample, { to: [BOB, address, ALICE] })]);
          expectFates(delivered.reports[0], [
            ["accepted", 250],
            ["permanent", code],
            ["accepted", 250],
          ]);
          const stored = await server.inbox.take();
          // Somebody may keep one copy for both.
          if (stored.length !== 1 && stored.length !== 2)
            throw new Error(`${stored.length} messages are stored instead of 1 or 2`);
          for (const one of stored) expectStoredAs(server, one, sample);
        },
      },
    );
  }
  if (maxMessageSize !== undefined) {
    const line = `${"too large ".repeat(7)}\r\n`; // some count LF for CRLF
    const large = {
      octets: Buffer.concat([
        Buffer.from("Subject: large\r\n\r\n"),
        Buffer.alloc(Math.ceil(maxMessageSize * 1.02), line),
      ]),
    };
    checks.push({
      title: "is not asked for a message that is larger than its SIZE, and refuses it where the size was not told",
      covers: shows(part, "too large"),
      run: async () => {
        await server.inbox.take();
        const target = to(world, server);
        const declared = await deliver(target, [parcel(large), parcel(sample)]);
        const [problem] = declared.reports[0]!.problems;
        if (problem?.code !== "too-big") throw new Error("the client did not see that it is too large");
        expectFates(declared.reports[1], [["accepted", 250]]);
        expectInbox(server, await server.inbox.take(), [sample]);
        for (const chunking of offers(server, "CHUNKING").length > 0 ? [true, false] : [false]) {
          const undeclared = await deliver({ ...target, chunking }, [parcel(large, { size: 1000 })]);
          expectFates(undeclared.reports[0], [["permanent", tooLarge]]);
          expectInbox(server, await server.inbox.take(), []);
        }
      },
    });
  }
  return checks;
}

/**
 * A connection is lost at each place, and the message sent again if it was certainly not accepted: there is always one
 * of it.
 */
function cuts(world: World, server: SmtpServer): Check[] {
  const content = { name: "cut", octets: cuttable(), canonical: cuttable(), feature: "cut", file: "" } as const;
  const expected: readonly (readonly [Cut, Fate])[] = [
    ["in the content", ["not-accepted", null]],
    ["before the reply", ["unknown", null]],
    ["behind the reply", ["accepted", 250]],
  ];
  return expected.flatMap(([cut, fate]) =>
    (offers(server, "CHUNKING").length > 0 ? [true, false] : [false]).map((chunking) => ({
      title: `loses the connection ${cut}, ${chunking ? "by BDAT" : "by DATA"}: ${fate[0]}, and one message in the end`,
      covers: shows(server.part, "cut"),
      run: async () => {
        await server.inbox.take();
        const target = { ...to(world, server), chunking };
        const lost = await deliver({ ...target, cut }, [{ ...parcel(content), content: pieces(content.octets) }]);
        expectFates(lost.reports[0], [fate]);
        if (fate[0] === "not-accepted") expectAccepted(await deliver(target, [parcel(content)]));
        expectInbox(server, await server.inbox.take(), [content]);
      },
    })),
  );
}

/** What comes in pieces is sent in pieces, so that the client knows how far it came. */
function* pieces(octets: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < octets.length; at += 8192) yield octets.subarray(at, at + 8192);
}

async function submitPlainly(world: World, server: SmtpServer, { octets }: Sample): Promise<void> {
  const { user = ALICE, requiredLogin: mechanism, ports } = server;
  const message = { from: ALICE, to: [BOB], content: octets };
  const login = mechanism === undefined ? {} : { mechanism };
  const target = { port: ports["STARTTLS"]!, certificate: world.certificate, user, ...login };
  const { outcome, text } = await submitWith(target, message);
  if (outcome !== "accepted") throw new Error(`${outcome}: ${text}`);
}
