// A message centre made of the npm package smpp, which knows nothing of Aviso.
// It does what it is told, one JSON object a line, and tells what happens in
// the same way.
const readline = require("readline");
const smpp = require("smpp");

const policy = {
  bind: 0, // the status of the answer; null: none
  submit: 0, // the same; null: until it is told
  perSecond: 0, // more are throttled; 0: no limit
  hex: false, // ids are hexadecimal
};
const sessions = [];
const unanswered = new Map();
let ids = 0;
let second = 0;
let took = 0;

const say = (event) => process.stdout.write(JSON.stringify(event) + "\n");

const nextID = () => {
  ids += 1;
  return policy.hex ? (0xabc000 + ids).toString(16).toUpperCase() : String(4000000000 + ids);
};

const throttled = () => {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    took = 0;
  }
  took += 1;
  return policy.perSecond > 0 && took > policy.perSecond;
};

// Octets are told as hexadecimal digits, a header as a list of them.
const octets = (value) => {
  if (value === undefined) return undefined;
  if (Buffer.isBuffer(value)) return { hex: value.toString("hex") };
  const { message, udh } = value;
  return {
    text: typeof message === "string" ? message : undefined,
    hex: Buffer.isBuffer(message) ? message.toString("hex") : undefined,
    udh: udh && udh.map((element) => element.toString("hex")),
  };
};

const describe = (pdu) => {
  const told = {};
  for (const [field, value] of Object.entries(pdu)) {
    if (typeof value === "string" || typeof value === "number") told[field] = value;
  }
  told.short_message = octets(pdu.short_message);
  told.message_payload = octets(pdu.message_payload);
  return told;
};

const answer = (pdu, session, status) => {
  if (throttled()) status = smpp.ESME_RTHROTTLED;
  if (status !== 0) {
    session.send(pdu.response({ command_status: status }));
    return;
  }
  session.send(pdu.response({ message_id: nextID() }));
};

const serve = (session) => {
  const number = sessions.push(session) - 1;
  session.on("error", () => session.destroy());
  session.on("close", () => say({ event: "close", session: number }));
  session.on("pdu", (pdu) => {
    say({ event: pdu.command, session: number, pdu: describe(pdu) });
    if (pdu.command.startsWith("bind_") && !pdu.isResponse()) {
      if (policy.bind !== null) session.send(pdu.response({ command_status: policy.bind, system_id: "centre" }));
    } else if (pdu.command === "submit_sm") {
      if (policy.submit === null) unanswered.set(number + "/" + pdu.sequence_number, pdu);
      else answer(pdu, session, policy.submit);
    } else if (pdu.command === "enquire_link" || pdu.command === "unbind") {
      session.send(pdu.response());
    }
  });
};

const orders = {
  listen: ({ key, cert }) => {
    const server = smpp.createServer(key ? { key, cert } : {}, serve);
    server.listen(0, "127.0.0.1", () => say({ event: "listening", port: server.address().port }));
  },
  policy: (change) => {
    Object.assign(policy, change.policy);
    say({ event: "policy" });
  },
  answer: ({ session, sequence, status, id }) => {
    const pdu = unanswered.get(session + "/" + sequence);
    unanswered.delete(session + "/" + sequence);
    sessions[session].send(pdu.response({ command_status: status || 0, message_id: id }));
  },
  send: ({ session, command, fields }) => {
    for (const field of ["short_message", "message_payload"]) {
      if (fields[field] && fields[field].hex !== undefined) fields[field] = Buffer.from(fields[field].hex, "hex");
    }
    sessions[session].send(new smpp.PDU(command, fields));
  },
  raw: ({ session, hex }) => sessions[session].socket.write(Buffer.from(hex, "hex")),
  drop: ({ session }) => sessions[session].destroy(),
};

const orderly = readline.createInterface({ input: process.stdin });
orderly.on("line", (line) => {
  const order = JSON.parse(line);
  orders[order.do](order);
});
orderly.on("close", () => process.exit(0));
