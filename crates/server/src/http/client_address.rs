//! Whose request it is by address: the peer, or whom a trusted proxy names. Knows headers, no tokens.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, header};
use ipnet::IpNet;

use super::connection::Connection;
use crate::config::{ForwardedHeader, HttpSettings};

/// The address of the client itself, as far as it can be known; this machine's own if nobody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl Default for ClientAddress {
    fn default() -> Self {
        Self(Ipv4Addr::LOCALHOST.into())
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

/// Whose word on a client's address is taken, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Proxies {
    trusted: Arc<[IpNet]>,
    header: ForwardedHeader,
}

impl Proxies {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        let trusted = settings.trusted_proxies.as_slice().into();
        Self { trusted, header: settings.forwarded_header }
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// Goes back from the peer, hop by hop, as long as the one who names the next is trusted. What
    /// stands before that may have been written by anyone.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        let hops = match self.header {
            ForwardedHeader::XForwardedFor => x_forwarded_for(headers),
            ForwardedHeader::Forwarded => forwarded(headers),
        };
        for hop in hops.into_iter().rev() {
            let Some(hop) = self.trust(client).then(|| address(hop)).flatten() else { break };
            client = hop;
        }
        ClientAddress(client)
    }
}

/// Tells a request whom it comes from.
pub(super) async fn attach(
    State(proxies): State<Proxies>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(connection) = request.extensions().get::<Connection>() {
        let client = proxies.client(connection.peer, request.headers());
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}

/// The hops in `X-Forwarded-For: client, proxy, proxy`.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all("x-forwarded-for").iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(',')).collect()
}

/// The hops in `Forwarded: for=client;proto=https, for=proxy` (RFC 7239).
fn forwarded(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(header::FORWARDED).iter();
    let hops = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    let named = hops.map(|hop| {
        let mut pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
        let node = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"));
        node.map_or("", |(_, node)| node.trim_matches('"'))
    });
    named.collect()
}

/// An address as proxies write it, with or without brackets and a port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    address.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn client(header: ForwardedHeader, peer: &str, value: &str) -> String {
        let trusted: [IpNet; 2] = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let proxies = Proxies { trusted: trusted.as_slice().into(), header };
        let name = match header {
            ForwardedHeader::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]);
        proxies.client(peer.parse().unwrap(), &headers).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let cases = [
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
            ("fd00::1", "[2001:db8::7]:4711", "2001:db8::7"),
            ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
        ];
        for (peer, value, expected) in cases {
            assert_eq!(client(ForwardedHeader::XForwardedFor, peer, value), expected, "{value}");
        }
    }

    #[test]
    fn the_standard_header_is_read_as_well() {
        let cases = [
            ("for=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
            ("for=1.1.1.1, proto=https;For=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=1.1.1.1, for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ];
        for (value, expected) in cases {
            assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", value), expected, "{value}");
        }
    }
}
