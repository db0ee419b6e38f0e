import { isObject, isUnknown, type Properties, secret, unwrap, type Value } from "./values";

/** Why an input is not accepted. */
export interface CheckFailure {
  property: string;
  reason: string;
}

type FieldType = "string" | "bool" | "float64" | "list" | "map" | "connection" | "proxy";

interface Field {
  type: FieldType;
  required?: true;
  secret?: true;
  /** @default none: the field stays absent */
  default?: Value;
  oneOf?: string[];
}

const ENDPOINT: Record<string, Field> = {
  host: { type: "string", required: true },
  port: { type: "float64", default: 22 },
  user: { type: "string", default: "root" },
  password: { type: "string", secret: true },
  privateKey: { type: "string", secret: true },
  privateKeyPassword: { type: "string", secret: true },
  agentSocketPath: { type: "string" },
  hostKey: { type: "string" },
  dialErrorLimit: { type: "float64", default: 10 },
  perDialTimeout: { type: "float64", default: 15 },
};

const COMMAND: Record<string, Field> = {
  connection: { type: "connection", required: true, secret: true },
  create: { type: "string" },
  update: { type: "string" },
  delete: { type: "string" },
  stdin: { type: "string" },
  triggers: { type: "list" },
  environment: { type: "map" },
  logging: { type: "string", oneOf: ["none", "stdout", "stderr", "stdoutAndStderr"] },
  addPreviousOutputInEnv: { type: "bool" },
};

const NESTED: Partial<Record<FieldType, { name: string; fields: Record<string, Field> }>> = {
  connection: { name: "remote.Connection", fields: { ...ENDPOINT, proxy: { type: "proxy" } } },
  proxy: { name: "remote.ProxyConnection", fields: ENDPOINT },
};

/** Checks a command's inputs, fills defaults in and marks the connection and its keys as secrets. */
export function check(inputs: Properties): { inputs: Properties; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  return { inputs: checkFields(inputs, "remote.CommandInputs", COMMAND, "", failures), failures };
}

function checkFields(
  values: Properties,
  typeName: string,
  fields: Record<string, Field>,
  path: string,
  failures: CheckFailure[],
): Properties {
  const checked: Properties = {};
  const fail = (name: string, reason: string) => failures.push({ property: path + name, reason });
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (!field) fail(name, `Unrecognized field '${name}' on '${typeName}'`);
    checked[name] = field
      ? checkField(
          value,
          field,
          path + name,
          (reason) => fail(name, `Field '${name}' on '${typeName}' ${reason}`),
          failures,
        )
      : value;
  }
  for (const [name, field] of Object.entries(fields)) {
    if (name in values && unwrap(values[name]) !== null) continue;
    if (field.required) fail(name, `Missing required field '${name}' on '${typeName}'`);
    else if (field.default !== undefined) checked[name] = field.default;
  }
  return checked;
}

function checkField(
  value: Value,
  field: Field,
  path: string,
  fail: (reason: string) => void,
  failures: CheckFailure[],
): Value {
  const mark = (checked: Value) => (field.secret || unwrap(value) !== value ? secret(checked) : checked);
  const plain = unwrap(value);
  if (plain === null || plain === undefined || isUnknown(plain)) return mark(plain ?? null);
  const nested = NESTED[field.type];
  if (nested) {
    if (isObject(plain)) return mark(checkFields(plain, nested.name, nested.fields, `${path}.`, failures));
    fail(`must be an 'object'; got '${goType(plain)}' instead`);
  } else if (goType(plain) !== GO_TYPES[field.type]) {
    fail(`must be a '${GO_TYPES[field.type]}'; got '${goType(plain)}' instead`);
  } else if (field.oneOf && !field.oneOf.includes(plain as string)) {
    fail(`must be one of ${field.oneOf.join(", ")}; got '${plain as string}' instead`);
  }
  return mark(plain);
}

const GO_TYPES: Partial<Record<FieldType, string>> = {
  string: "string",
  bool: "bool",
  float64: "float64",
  list: "[]",
  map: "object",
};

function goType(value: Value): string {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float64";
  return Array.isArray(value) ? "[]" : "object";
}
