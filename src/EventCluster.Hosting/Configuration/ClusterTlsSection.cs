namespace EventCluster.Hosting.Configuration;

/// <summary>The certificate with which a node meets other nodes and publishers, and whose certificates it takes.</summary>
public sealed class ClusterTlsSection
{
    /// <summary>The certificate's file.</summary>
    [Option("certificate for connections between nodes: a PEM file, or a PKCS #12 file (.pfx, .p12); for both client and server")]
    public string CertificatePath { get; set; } = "";

    /// <summary>The private key's file.</summary>
    [Option("private key of a PEM certificate, when it is in a file of its own")]
    public string KeyPath { get; set; } = "";

    /// <summary>Password of the key or of the PKCS #12 file.</summary>
    [Option("password of the private key or of the PKCS #12 file", IsSecret = true)]
    public string Password { get; set; } = "";

    /// <summary>The authorities' file.</summary>
    [Option("PEM file of the authorities that sign the certificates of nodes and publishers; no others count")]
    public string AuthorityPath { get; set; } = "";

    /// <summary>A name that certificates of others must carry.</summary>
    [Option("DNS name that the other end's certificate must carry; empty when each certificate of the authorities counts")]
    public string PeerName { get; set; } = "";

    /// <summary>Whether it is set.</summary>
    public bool IsUsed => CertificatePath.Length > 0;

    /// <summary>The files, as those of <c>https://</c> addresses are named.</summary>
    internal TlsSection Files => new() { CertificatePath = CertificatePath, KeyPath = KeyPath, Password = Password };
}
