import fc from "fast-check";

/** Pieces that mean something to the parser, in any order. */
export const confLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...["{", "}", '"', "'", "\\", "#", "!", "@", "@^", "$", "${", "=", "~SEQ(", "~LST(", ")", ","],
        ...["\n", "\r\n", "\r", "\t", " ", "\0", "é", "\u{1f600}", "\\#", "\\\n", "\\ \n", "include "],
        ...["vrrp_instance", "A", "$A=", "$A", "${A}", "@gw-a ", "priority", "100", "10.0.0.1/24"],
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

const HEAD = String.raw`$A=10.0.0
$B=10.0.0.77/24 dev eth0 # not this
$M=10.8.0.1 \
 10.8.0.2/24 dev eth0 # nor this \
 10.8.0.3
$Q="10.7.0.1"
$E=
$L=~SEQ(k,1,2) 10.${"$"}{k}.3.4
$W=@gw-b 10.0.5.5
`;

/** Lines of a virtual_ipaddress block, right and wrong; `%` stands for a number. */
const LINES = [
  ...["", "# nothing", "10.0.0.%", '"10.0.0.%/24"', "10.0.0.%/24 dev eth0", "10.0.0.%/24 label eth0:1"],
  ...[
    "$A.%",
    "${A}.%",
    "${A}.%/24",
    "$B",
    "$Q dev eth0",
    "$E",
    "$M",
    "10.0.0.% $M",
    "$L",
    "$W",
    "$U",
    "${U}",
  ],
  ...["$C=10.0.0", "$C.%", "$A=10.9.9", "$N=1\\", "include x.conf", "10.0.0.%\\"],
  ...["@gw-a 10.0.0.%", "@gw-b 10.0.0.%", "@^gw-b 10.0.0.%", "@^gw-a wrong", "@gw-a", "@gw-a @gw-a 10.0.0.%"],
  ...["~SEQ(i,1,3) 10.0.%.${i}", "~SEQ(i,3,-1,1) ${A}.${i}", "~SEQ (i,1) 10.1.1.${i}", "~SEQ(i,1,2) $M"],
  ...[
    "~SEQ(i,2,1) ~SEQ(j,1,2) 10.${i}.${j}.1",
    "~LST(x,1,2)10.3.3.${x}",
    "~LST({i,j},{1,2},{3,4}) 10.0.${i}.${j}",
  ],
  ...["{", "}", "@gw-b }", "@gw-a }", '10.0.0.%"x"', "'10.0.0.%'", '10.0.0.% dev "eth0"x'],
  ...["10.0.0.%/33", "10.0.0.% brd +", "10.0.0.%/24 brd +"],
];

/** A configuration whose block of addresses is made of such lines. */
export const addressBlock = fc
  .array(
    fc
      .tuple(
        fc.constantFrom(" ", "  ", "\t"),
        fc.constantFrom(...LINES),
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom("", "", "", " # c", " ! c {", "#x", ' # "', ' "'),
        fc.constantFrom("\n", "\n", "\r\n"),
      )
      .map(([blank, line, n, comment, end]) => blank + line.replaceAll("%", `${n}`) + comment + end),
    { minLength: 1, maxLength: 5 },
  )
  .map(
    (lines) =>
      `${HEAD}vrrp_instance gw {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n 10.99.0.1\n${lines.join("")}}\n}\n`,
  );
