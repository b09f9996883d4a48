/* Sign in, then go where the reader wanted to go: a path of this site, never another one. */
const form = document.getElementById("sign-in");
const said = document.getElementById("said");

function following() {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  const address = new URL(wanted, location.origin);
  return address.origin === location.origin ? address.href : "/";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
  const answer = await fetch("/v1/sessions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });
  if (answer.ok) {
    location.replace(following());
    return;
  }
  const problem = await answer.json();
  said.textContent = problem.detail;
  if (problem.type.endsWith("code-needed")) {
    document.getElementById("code").hidden = false;
    form.elements.code.focus();
  }
});
