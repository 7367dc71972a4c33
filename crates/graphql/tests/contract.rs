//! What the schema promises to those who read it.

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, TypeKind, TypeSystemDefinition};

/// Paging and introspection are described by their own specifications.
fn is_plumbing(name: &str) -> bool {
    name == "PageInfo" || name.ends_with("Connection") || name.ends_with("Edge")
}

#[test]
fn everything_is_described() {
    let document = parse_schema(registry_graphql::sdl()).expect("the schema parses");
    let mut bare = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = definition.node;
        let name = definition.name.node.to_string();
        if definition.description.is_none() && !is_plumbing(&name) {
            bare.push(name.clone());
        }
        let fields = match definition.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            TypeKind::InputObject(input) => {
                let undescribed =
                    input.fields.iter().filter(|field| field.node.description.is_none());
                bare.extend(undescribed.map(|field| format!("{name}.{}", field.node.name.node)));
                continue;
            }
            TypeKind::Enum(values) => {
                let undescribed =
                    values.values.iter().filter(|value| value.node.description.is_none());
                bare.extend(undescribed.map(|value| format!("{name}.{}", value.node.value.node)));
                continue;
            }
            TypeKind::Scalar | TypeKind::Union(_) => continue,
        };
        for field in fields {
            let field = field.node;
            if field.description.is_none() && !is_plumbing(&name) {
                bare.push(format!("{name}.{}", field.name.node));
            }
            let undescribed =
                field.arguments.iter().filter(|argument| argument.node.description.is_none());
            bare.extend(undescribed.map(|argument| {
                format!("{name}.{}({})", field.name.node, argument.node.name.node)
            }));
        }
    }
    assert_eq!(bare, Vec::<String>::new(), "described for nobody");
}

#[test]
fn every_field_declares_its_access() {
    let document = parse_schema(registry_graphql::sdl()).expect("the schema parses");
    let mut undeclared = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = definition.node;
        let name = definition.name.node.to_string();
        let fields = match definition.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            _ => continue,
        };
        // Plumbing is as open as what it lists, whose own fields are looked at here.
        if is_plumbing(&name) || declares(&definition.directives) {
            continue;
        }
        let bare = fields.iter().filter(|field| !declares(&field.node.directives));
        undeclared.extend(bare.map(|field| format!("{name}.{}", field.node.name.node)));
    }
    assert_eq!(undeclared, Vec::<String>::new(), "open to nobody");
}

fn declares(directives: &[Positioned<ConstDirective>]) -> bool {
    directives
        .iter()
        .any(|directive| ["open", "needs"].contains(&directive.node.name.node.as_str()))
}
