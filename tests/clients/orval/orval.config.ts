export default {
  taskoverflow: {
    input: "../openapi.json",
    output: {
      target: "client/index.ts",
      schemas: "client/models",
      client: "fetch",
      baseUrl: { runtime: "process.env.API_URL" },
    },
  },
};
