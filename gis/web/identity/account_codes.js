/* One-time codes: begin, confirm, keep the recovery codes, end. */
import { ask } from "./api.js";
import { announce, button, copyButton, field, form, openDialog } from "./pieces.js";

const { make, say } = window.wangge;
const place = () => document.getElementById("codes");

/** A picture from the service as an image: whatever it holds, nothing of it is run. */
function pictureOf(svg) {
  const named = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return make("img", { class: "qr", src: `data:image/svg+xml,${encodeURIComponent(named)}`, alt: say("qr_alt"), width: 196, height: 196 });
}

/** The seed in groups of four, for those who type it. */
const seedOf = (address) => new URL(address).searchParams.get("secret").match(/.{1,4}/g).join(" ");

/** Whoever finds the session open must not lock its owner out. */
function beginCodes(me, refresh) {
  const dialog = openDialog("codes_begin", [
    form([field("present_password", { name: "password", type: "password", autocomplete: "current-password", required: "", maxlength: 256 })], "codes_begin", async ({ password }) => {
      const begun = await ask("/v1/me/codes", { method: "POST", body: { password } });
      dialog.close();
      showSeed(begun, me, refresh);
    }, { id: "show-password", others: [button("cancel", () => dialog.close())] }),
  ]);
}

function showSeed({ address, picture }, me, refresh) {
  const seed = make("code", { class: "seed", text: seedOf(address) });
  place().replaceChildren(
    make("ol", { class: "steps-of" },
      make("li", {}, make("p", { word: "codes_scan" }), pictureOf(picture), make("p", { class: "hint", word: "codes_type" }), seed,
        copyButton(() => seed.textContent.replaceAll(" ", ""), seed)),
      make("li", {}, form([field("one_time_code", { name: "code", autocomplete: "one-time-code", inputmode: "numeric", required: "", minlength: 6, maxlength: 16 })],
        "codes_confirm", async ({ code }) => {
          const { recovery_codes: written } = await ask("/v1/me/codes", { method: "PUT", body: { code } });
          showRecovery(written);
          await refresh();
        }, { id: "confirm-codes", others: [button("cancel", () => drawCodes(me, refresh))] }))));
  place().querySelector("input").focus();
}

function showRecovery(written) {
  const list = make("ol", { class: "recovery" }, ...written.map((code) => make("li", {}, make("code", { text: code }))));
  const dialog = openDialog("recovery_title", [
    make("p", { word: "recovery_lead" }), list,
    make("div", { class: "verbs" }, copyButton(() => written.join("\n"), list), button("print", () => window.print()),
      button("recovery_kept", () => dialog.close(), { kind: "primary", id: "recovery-kept" })),
  ], { isKept: true });
  dialog.classList.add("printed");
}

function endCodes(refresh) {
  const dialog = openDialog("codes_end", [
    make("p", { word: "codes_end_text" }),
    form([field("present_password", { name: "password", type: "password", autocomplete: "current-password", required: "", maxlength: 256 })], "codes_end", async ({ password }) => {
      await ask("/v1/me/codes/end", { method: "POST", body: { password } });
      dialog.close();
      announce("codes_ended");
      await refresh();
    }, { kind: "grave", others: [button("cancel", () => dialog.close())] }),
  ]);
}

export function drawCodes(me, refresh) {
  place().replaceChildren(
    make("p", { class: "soft", word: me.has_codes ? "codes_on" : "codes_off" }),
    make("div", { class: "verbs" }, me.has_codes
      ? button("codes_end", () => endCodes(refresh), { id: "end-codes" })
      : button("codes_begin", () => beginCodes(me, refresh), { kind: "primary", id: "begin-codes" })));
}
