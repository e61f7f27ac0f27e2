using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

internal sealed partial class ServerCertificates
{
    [LoggerMessage(4030, LogLevel.Information,
        "New connections get the certificate {Path}: {Subject}, valid until {NotAfter:yyyy-MM-ddTHH:mm:ssZ}, with {Intermediates} certificates between it and its authority")]
    private static partial void LogUsed(ILogger logger, string path, string subject, DateTime notAfter, int intermediates);

    [LoggerMessage(4031, LogLevel.Error, "The certificate's files changed and cannot be used; new connections get the one before: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string reason);
}
