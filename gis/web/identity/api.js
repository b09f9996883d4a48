/* Ask the service. What it refuses is said in the language being read. */
const { say } = window.wangge;

/** What the service answered instead of doing it. `code`: the last part of the problem's type. */
export class Refusal extends Error {
  constructor(status, problem, waitS) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.code = (problem.type ?? "").split(":").at(-1);
    this.errors = problem.errors ?? [];
    this.waitS = waitS;
  }
}

/** What a form cannot be sent with; `word` says why. */
export class Unfit extends Error {
  constructor(word) {
    super(word);
    this.word = word;
  }
}

// The service's own sentences are English; these are said in Chinese too. `{n}` is what the brackets find.
const SENTENCES = [
  [/take at least (\d+) characters/, "password_least"],
  [/take at most (\d+) characters/, "password_most"],
  [/use (\d+) of: small letters/, "password_kinds"],
  [/guessed too early/, "password_guessed"],
  [/none of your last (\d+)/, "password_before"],
  [/not your present password/, "password_not_yours"],
  [/code is wrong or too old/, "code_wrong"],
  [/log-in name .* is taken/, "login_taken"],
  [/three administrators exclude/, "roles_exclude"],
  [/has this role on this unit/, "role_there"],
  [/reaches beyond your branch/, "role_wide"],
  [/changes their own rights/, "own_rights"],
  [/day after the last must lie/, "days_turned"],
  [/There is a unit .* already/, "unit_there"],
  [/unit's parent is missing/, "unit_parent"],
  [/codes are on already/, "codes_already"],
  [/codes are required here/, "codes_required"],
  [/First set up on your account page/, "set_up_first"],
  [/do not include the right/, "right_missing"],
  [/holds a role outside your branch/, "role_outside"],
  [/no area within yours/, "area_outside"],
  [/nothing to confirm/, "codes_none"],
  [/^There is no |has no grant/, "gone"],
];

const isKnown = (key) => say(key) !== key;

/** What was refused, as a sentence in the language being read. */
export function sentenceOf(refusal) {
  if (refusal instanceof Unfit) return say(refusal.word);
  if (!(refusal instanceof Refusal)) return say("problem_unreachable");
  if (refusal.code === "locked") return say("problem_locked", { n: Math.max(1, Math.ceil(refusal.waitS / 60)) });
  const found = SENTENCES.map(([pattern, key]) => [refusal.message.match(pattern), key]).filter(([match]) => match);
  if (found.length) return found.map(([match, key]) => say(`said_${key}`, { n: match[1] })).join(" ");
  const key = `problem_${refusal.code}`;
  return isKnown(key) ? say(key) : refusal.message;
}

/** Go to the door, and come back here afterwards. */
export function goToDoor() {
  const here = `${window.location.pathname}${window.location.hash}`;
  window.location.replace(`/login?${new URLSearchParams({ next: here })}`);
}

/** Ask for JSON; throws Refusal. Nobody signed in any more: leads to the door and never returns. */
export async function ask(path, { method = "GET", body } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.status === 204) return null;
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  const refusal = new Refusal(answer.status, problem, Number(answer.headers.get("Retry-After")));
  if (refusal.code === "unauthorized") {
    goToDoor();
    await new Promise(() => {});
  }
  throw refusal;
}
