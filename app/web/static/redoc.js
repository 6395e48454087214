const fonts = "system-ui, sans-serif";
Redoc.init(
  "/openapi.json",
  {
    nonce: document.querySelector("[name=csp-nonce]").content,
    theme: { typography: { fontFamily: fonts, headings: { fontFamily: fonts } } },
  },
  document.getElementById("redoc"),
);
