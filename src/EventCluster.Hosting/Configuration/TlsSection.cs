namespace EventCluster.Hosting.Configuration;

/// <summary>The certificate of <c>https://</c> addresses.</summary>
public sealed class TlsSection
{
    /// <summary>The certificate's file.</summary>
    [Option("certificate of https addresses: a PEM file, or a PKCS #12 file (.pfx, .p12)")]
    public string CertificatePath { get; set; } = "";

    /// <summary>The private key's file.</summary>
    [Option("private key of a PEM certificate, when it is in a file of its own")]
    public string KeyPath { get; set; } = "";

    /// <summary>Password of the key or of the PKCS #12 file.</summary>
    [Option("password of the private key or of the PKCS #12 file", IsSecret = true)]
    public string Password { get; set; } = "";
}
