'use strict';

const hint = `# Sổ đăng ký dịch vụ số của tỉnh · The province's digital-services registry
# Ctrl-Enter: chạy · run

{
  units(filter: { search: "vi tan" }) {
    nodes { code name parent { name } }
  }
  indicators(unit: { codeOn: { code: "93", on: "2024-06-30" } }, on: "2024-06-30") {
    code definition value published { comparison value asOf source }
  }
}
`;

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({
      url: '/graphql',
      subscriptionUrl: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    }),
    defaultQuery: hint,
    defaultEditorToolsVisibility: true,
  }),
);
