using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

/// <summary>The certificate between nodes and the authorities that count, also after they were renewed.</summary>
public sealed class ClusterCertificatesTests : IDisposable
{
    private readonly VirtualTimeProvider _clock = new();
    private readonly CertificateFiles _files = new();
    private readonly CertificateFiles _others = new();

    [Fact]
    public void FindFault_OwnAuthority_IsNone()
    {
        using var certificates = Make(_files, _files.WriteAuthority());

        Assert.Null(certificates.FindFault());
    }

    [Fact]
    public void FindFault_AnotherAuthority_NamesBothFiles()
    {
        using var certificates = Make(_files, _others.WriteAuthority());

        var fault = certificates.FindFault();

        Assert.Contains("CertificatePath", fault, StringComparison.Ordinal);
        Assert.Contains("authority.pem", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    public void Authorities_ThatCannotBeUsed_EndTheStart(string text)
    {
        var path = _files.WriteAuthority();
        File.WriteAllText(path, text);
        using var certificates = Make(_files, path);

        Assert.Contains(path, Assert.Throws<IOException>(() => certificates.Authorities).Message, StringComparison.Ordinal);
    }

    /// <summary>Goal: renewed files count from a later handshake on, and damaged ones leave those before in use.</summary>
    [Fact]
    public void Files_Renewed_CountLaterAndDamagedOnesNever()
    {
        var path = _files.WriteAuthority();
        using var certificates = Make(_files, path);
        var (leaf, authority) = (certificates.Certificate.TargetCertificate.Thumbprint, certificates.Authorities[0].Thumbprint);

        File.WriteAllText(path, "half written");
        _clock.Advance(ServerCertificates.Interval);
        Assert.Equal(authority, certificates.Authorities[0].Thumbprint);

        File.Copy(_others.WriteAuthority(), path, overwrite: true);
        _files.Write("one file");
        _clock.Advance(ServerCertificates.Interval);
        Assert.NotEqual(authority, certificates.Authorities[0].Thumbprint);
        certificates.Reload();
        Assert.NotEqual(leaf, certificates.Certificate.TargetCertificate.Thumbprint);
    }

    public void Dispose()
    {
        _files.Dispose();
        _others.Dispose();
    }

    private ClusterCertificates Make(CertificateFiles files, string authorityPath)
    {
        var written = files.Write("one file");
        return new ClusterCertificates(
            new ClusterTlsSection { CertificatePath = written.CertificatePath, KeyPath = written.KeyPath, AuthorityPath = authorityPath },
            _clock, NullLoggerFactory.Instance);
    }
}
