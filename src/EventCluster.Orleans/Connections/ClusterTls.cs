using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// Mutual TLS between silos, and between publishers and silos: each end shows a certificate that an authority of the cluster
/// signed. Certificate and authorities are asked for at each handshake, so that renewed ones count from the next one on.
/// </summary>
/// <param name="certificate">This end's own, with its private key and what leads from it to its authority.</param>
/// <param name="authorities">The authorities whose certificates count; only they do, not the system's.</param>
public sealed class ClusterTls(Func<SslStreamCertificateContext> certificate, Func<X509Certificate2Collection> authorities)
{
    /// <summary>A DNS name that the other end's certificate must carry; empty when each of the authorities' certificates counts.</summary>
    public string PeerName { get; init; } = "";

    /// <summary>The certificate and authorities of a process that does not renew them.</summary>
    /// <param name="certificate">With its private key.</param>
    /// <param name="authorities">The authorities whose certificates count.</param>
    public static ClusterTls Of(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        var context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return new ClusterTls(() => context, () => authorities);
    }

    /// <summary>A certificate, its key and the authorities in PEM files, which are read again when they change.</summary>
    /// <param name="certificatePath">The certificate, then what leads to its authority.</param>
    /// <param name="keyPath">Its private key; may be the same file.</param>
    /// <param name="authorityPath">The authorities whose certificates count.</param>
    /// <param name="peerName">A DNS name that the silos' certificates must carry; empty for any.</param>
    /// <exception cref="IOException">A file cannot be used.</exception>
    public static ClusterTls FromPemFiles(string certificatePath, string keyPath, string authorityPath, string peerName = "")
    {
        var files = new PemFiles(certificatePath, keyPath, authorityPath);
        return new ClusterTls(() => files.Certificate, () => files.Authorities) { PeerName = peerName };
    }

    /// <summary>The settings of the library's middleware.</summary>
    internal TlsOptions ToOptions(TimeSpan handshakeTimeout) => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
        LocalCertificate = certificate().TargetCertificate,
        LocalServerCertificateSelector = (_, _) => certificate().TargetCertificate,
        RemoteCertificateValidation = (remote, _, errors) => IsPeer(remote, errors),
        HandshakeTimeout = handshakeTimeout,
        OnAuthenticateAsServer = (_, options) =>
        {
            var server = (SslServerAuthenticationOptions)options.SslServerAuthenticationOptions;
            (server.ServerCertificateSelectionCallback, server.ServerCertificate) = (null, null);
            server.ServerCertificateContext = certificate();
            server.CertificateChainPolicy = Policy();
        },
        OnAuthenticateAsClient = (_, options) =>
        {
            var client = (SslClientAuthenticationOptions)options.SslClientAuthenticationOptions;
            (client.LocalCertificateSelectionCallback, client.ClientCertificates) = (null, null);
            client.ClientCertificateContext = certificate();
            client.CertificateChainPolicy = Policy();
            client.TargetHost = PeerName;
        },
    };

    // Silos are reached by address, and their certificates carry names, so a name counts only where one was asked for.
    private bool IsPeer(X509Certificate2 remote, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
        && (PeerName.Length == 0 || remote.MatchesHostname(PeerName));

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities());
        return policy;
    }
}
